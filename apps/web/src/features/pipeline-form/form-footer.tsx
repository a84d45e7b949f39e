import { ArrowLeft, ArrowRight, Check, Play } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/ui/button.tsx";
import type { StepId } from "./draft.ts";

export interface FormFooterProps {
  readonly step: StepId;
  readonly isNew: boolean;
  readonly isChanged: boolean;
  readonly isSaving: boolean;
  /** Whether a run could start: one at a time. */
  readonly canRun: boolean;
  readonly cancelLink: ReactNode;
  readonly onBack: () => void;
  readonly onFinish: (isRunWanted: boolean) => void;
}

/** The ways on, always in sight. */
export function FormFooter(props: FormFooterProps) {
  const { step, isNew, isChanged, isSaving, canRun, cancelLink, onBack, onFinish } = props;
  const canSave = isNew || isChanged;
  return (
    <div className="sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-line bg-canvas/95 px-4 py-3 backdrop-blur-sm sm:-mx-6 sm:px-6 lg:-mx-8 lg:px-8">
      {step === "source" ? (
        cancelLink
      ) : (
        <Button icon={ArrowLeft} onClick={onBack}>
          Back
        </Button>
      )}
      <span className="flex-1" />
      {step === "review" && canRun && canSave && (
        <Button icon={Play} isBusy={isSaving} onClick={() => onFinish(true)}>
          {isNew ? "Create and run" : "Save and run"}
        </Button>
      )}
      {step === "review" && isNew && (
        <Button variant="primary" icon={Check} isBusy={isSaving} onClick={() => onFinish(false)}>
          Create
        </Button>
      )}
      {!isNew && (step === "review" || isChanged) && (
        <Button
          variant={step === "review" ? "primary" : "secondary"}
          icon={Check}
          isBusy={isSaving}
          disabled={!canSave}
          onClick={() => onFinish(false)}
        >
          Save
        </Button>
      )}
      {step !== "review" && (
        <Button type="submit" variant="primary">
          Continue
          <ArrowRight aria-hidden className="size-3.5" />
        </Button>
      )}
    </div>
  );
}
