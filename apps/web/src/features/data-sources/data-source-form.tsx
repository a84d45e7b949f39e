import type { ConnectorSummary, DataSourceDetail, ParsedUrl } from "@millrace/shared";
import type { ReactNode } from "react";
import { Button } from "../../components/ui/button.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { LeaveGuard } from "../../components/ui/leave-guard.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { ConfigFields } from "./config-fields.tsx";
import { ConnectionTest } from "./connection-test.tsx";
import { type FormValues, withPastedUrl } from "./form-values.ts";
import { SetUpGuide } from "./set-up-guide.tsx";
import { UrlPaste } from "./url-paste.tsx";
import { useDataSourceForm } from "./use-data-source-form.ts";

export interface DataSourceFormProps {
  readonly connector: ConnectorSummary;
  /** The data source that is being changed; null for a new one. */
  readonly stored: DataSourceDetail | null;
  readonly onSaved: (id: string) => void;
  /** Leads away without saving. */
  readonly cancel: ReactNode;
  /** The choice of the kind, where there is one to make. */
  readonly kinds?: ReactNode;
}

/** Connection, test and set-up guide of a data source. Its secrets are written and never shown. */
export function DataSourceForm({ connector, stored, onSaved, cancel, kinds }: DataSourceFormProps) {
  const { form, test, save, isSaving, saveError, hasChanges } = useDataSourceForm(connector, stored, onSaved);
  const fill = (parsed: ParsedUrl, password: string | null) => {
    const filled = withPastedUrl(connector, form.getValues(), parsed, password);
    for (const [name, text] of Object.entries(filled.config)) {
      form.setValue(`config.${name}`, text, { shouldDirty: true, shouldTouch: true });
    }
    void form.trigger("config");
  };
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <Panel title="Connection">
          <div className="flex flex-col gap-4">
            {kinds}
            <UrlPaste example={connector.exampleUrl} onParsed={fill} />
            <form
              id={FORM_ID}
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                save();
              }}
              className="flex flex-col gap-4 border-t border-line pt-4"
            >
              <TextField
                label="Name"
                description="How pipelines call it."
                autoComplete="off"
                aria-required
                error={form.formState.errors.name?.message}
                {...form.register("name" satisfies keyof FormValues)}
              />
              <ConfigFields connector={connector} form={form} hasStoredPassword={stored?.hasPassword ?? false} />
            </form>
          </div>
        </Panel>
        <ConnectionTest {...test} onTest={test.start} />
        <FormError error={saveError} />
        <div className="flex flex-wrap justify-end gap-2">
          {cancel}
          <Button type="submit" form={FORM_ID} variant="primary" isBusy={isSaving}>
            {stored ? "Save changes" : "Create data source"}
          </Button>
        </div>
      </div>
      <SetUpGuide connector={connector} control={form.control} />
      <LeaveGuard hasChanges={hasChanges}>What you have written here is not saved, and would be gone.</LeaveGuard>
    </div>
  );
}

const FORM_ID = "data-source-form";
