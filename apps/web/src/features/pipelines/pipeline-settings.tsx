import { zodResolver } from "@hookform/resolvers/zod";
import { type Pipeline, UpdatePipelineInput } from "@millrace/shared";
import { Trash2 } from "lucide-react";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { TextArea } from "../../components/ui/text-area.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";

const Fields = UpdatePipelineInput.pick({ name: true, description: true }).required();

export interface PipelineSettingsProps {
  readonly pipeline: Pipeline;
  /** False for who may only read. */
  readonly canEdit: boolean;
  /** Asks whether it is to be deleted. */
  readonly onDelete: () => void;
}

/** What a pipeline is called, and the way to be rid of it. */
export function PipelineSettings({ pipeline, canEdit, onDelete }: PipelineSettingsProps) {
  return (
    <div className="flex flex-col gap-5">
      <Panel title="Name and description">
        <NameForm pipeline={pipeline} canEdit={canEdit} />
      </Panel>
      {canEdit && (
        <Panel title="Delete">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="max-w-xl text-sm text-ink-soft">
              Deletes the pipeline with all its runs and their logs. The destination table and its rows stay.
            </p>
            <Button variant="danger" icon={Trash2} onClick={onDelete}>
              Delete this pipeline…
            </Button>
          </div>
        </Panel>
      )}
    </div>
  );
}

function NameForm({ pipeline, canEdit }: Pick<PipelineSettingsProps, "pipeline" | "canEdit">) {
  const utils = trpc.useUtils();
  const update = trpc.pipelines.update.useMutation();
  const form = useForm({
    resolver: zodResolver(Fields),
    values: { name: pipeline.name, description: pipeline.description },
    // What somebody else saves meanwhile does not undo what is being typed.
    resetOptions: { keepDirtyValues: true },
  });
  const { errors, isSubmitting, isDirty } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async (fields) => {
    try {
      const saved = await update.mutateAsync({ id: pipeline.id, ...fields });
      utils.pipelines.get.setData({ id: pipeline.id }, (before) => before && { ...before, ...saved });
      form.reset(fields);
      toast.success("Saved");
    } catch (error) {
      const { code, message } = toUserMessage(error);
      if (code === "PIPELINE_NAME_TAKEN") form.setError("name", { message });
      else showServerError(form, error, ["name", "description"]);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex max-w-xl flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField
        label="Name"
        autoComplete="off"
        readOnly={!canEdit}
        error={errors.name?.message}
        {...form.register("name")}
      />
      <TextArea
        label="Description"
        rows={3}
        readOnly={!canEdit}
        error={errors.description?.message}
        {...form.register("description")}
      />
      {canEdit && (
        <Button type="submit" variant="primary" isBusy={isSubmitting} disabled={!isDirty} className="self-start">
          Save
        </Button>
      )}
    </form>
  );
}
