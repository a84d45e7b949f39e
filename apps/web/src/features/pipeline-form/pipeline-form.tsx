import type { Pipeline } from "@millrace/shared";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useCallback, useEffect, useReducer, useRef, useState } from "react";
import { FormError } from "../../components/ui/form-error.tsx";
import { LeaveGuard } from "../../components/ui/leave-guard.tsx";
import { ListSkeleton } from "../../components/ui/list-states.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Stepper } from "../../components/ui/stepper.tsx";
import {
  type Draft,
  type DraftField,
  type Faults,
  faultsOf,
  furthestStep,
  STEP_FIELDS,
  type StepId,
  stepHolds,
  stepOfField,
  STEPS,
} from "./draft.ts";
import { DraftLine } from "./draft-line.tsx";
import { FormFooter } from "./form-footer.tsx";
import type { RenderChanges } from "./review-step.tsx";
import { serverFaults } from "./server-faults.ts";
import { StepContent } from "./step-content.tsx";
import { useDraft } from "./use-draft.ts";
import { type Saved, useSave } from "./use-save.ts";
import { useSuggestion } from "./use-suggestion.ts";

const TITLES: Record<StepId, { readonly label: string; readonly heading: string }> = {
  source: { label: "Source", heading: "Where do the rows come from?" },
  table: { label: "Table", heading: "Which table is copied?" },
  destination: { label: "Destination", heading: "Where do the rows go?" },
  columns: { label: "Table and columns", heading: "What stands there afterwards?" },
  schedule: { label: "Schedule", heading: "When does it run?" },
  review: { label: "Review", heading: "Is everything as it should be?" },
};

export interface PipelineFormProps {
  /** The pipeline that is changed; null for a new one. */
  readonly pipeline: Pipeline | null;
  /** What the form starts from. */
  readonly baseline: Draft;
  /** The step that the address asks for. */
  readonly step: StepId | undefined;
  /** The names of data sources by their ids. */
  readonly nameOf: (sourceId: string | null) => string | null;
  /** Leads to the form for another data source, and back to this step. */
  readonly createSourceLink: ReactNode;
  /** Shows what a run of the draft would do to the rows that stand there. */
  readonly renderChanges: RenderChanges;
  /** Whether custom SQL may be written here: an admin's to do. */
  readonly canQuery: boolean;
  /** A data source that was made for the step on which this page now opens. */
  readonly createdSourceId: string | undefined;
  readonly isDetour: (pathname: string) => boolean;
  readonly cancelLink: ReactNode;
  readonly onSaved: (saved: Saved) => void;
}

/**
 * Makes or changes a pipeline step by step. A new one opens each step when the one before holds, one that exists opens all.
 * The step is in the address, the changes in this tab, so that reload and back lose nothing.
 */
export function PipelineForm(props: PipelineFormProps) {
  const { pipeline, baseline, step: asked, nameOf, createSourceLink, isDetour, cancelLink, onSaved } = props;
  const { createdSourceId, canQuery, renderChanges } = props;
  const isNew = pipeline === null;
  const state = useDraft(`millrace-draft-${pipeline?.id ?? `new-${baseline.sourceId ?? ""}`}`, baseline);
  const { draft, isPending } = useSuggestion(state, isNew);
  const { save, isSaving } = useSave(pipeline?.id ?? null);
  const [tried, setTried] = useState<ReadonlySet<StepId>>(new Set());
  const [refused, setRefused] = useState<Faults>({});
  const [failure, setFailure] = useState<unknown>(null);
  const isLeaving = useRef(false);
  const taken = useRef<string>(undefined);
  const navigate = useNavigate();

  const furthest = isNew ? furthestStep(draft) : "review";
  const step =
    asked !== undefined && STEPS.indexOf(asked) <= STEPS.indexOf(furthest) ? asked : isNew ? furthest : "source";
  const goTo = useCallback(
    (next: StepId, isReplacing = false) =>
      void navigate({ to: ".", search: (before: object) => ({ ...before, step: next }), replace: isReplacing }),
    [navigate],
  );
  // An address that asks for a step which is not open yet is put right, so that going back does not lead to it.
  useEffect(() => {
    if (!isPending && asked !== step) goTo(step, true);
  }, [asked, step, isPending, goTo]);

  const change = useCallback(
    (fields: Partial<Draft>) => {
      setRefused((before) => Object.fromEntries(Object.entries(before).filter(([field]) => !(field in fields))));
      setFailure(null);
      state.change(fields);
    },
    [state],
  );
  useEffect(() => {
    // Once: each change makes this run again until the address has let go of it.
    if (createdSourceId === undefined || createdSourceId === taken.current) return;
    taken.current = createdSourceId;
    if (step === "source") change({ sourceId: createdSourceId });
    if (step === "destination") change({ destinationId: createdSourceId });
    void navigate({ to: ".", search: (before: object) => ({ ...before, createdSourceId: undefined }), replace: true });
  }, [createdSourceId, step, change, navigate]);
  const faults = { ...refused, ...(tried.has(step) && faultsOf(draft, STEP_FIELDS[step])) };
  const content = useStepFocus(step);
  const showFault = useFaultFocus(content);

  /** Whether the step holds; otherwise it says what is missing, and the first of that has the focus. */
  const check = (checked: StepId): boolean => {
    setTried((before) => new Set([...before, checked]));
    if (stepHolds(draft, checked)) return true;
    if (checked === step) showFault();
    else goTo(checked);
    return false;
  };
  const goOn = () => {
    const next = STEPS[STEPS.indexOf(step) + 1];
    if (check(step) && next) goTo(next);
  };
  const finish = async (isRunWanted: boolean) => {
    if (!STEPS.every((each) => check(each))) return;
    try {
      const saved = await save(draft, isNew ? (Object.keys(draft) as DraftField[]) : state.changed, isRunWanted);
      isLeaving.current = true;
      state.forget();
      onSaved(saved);
    } catch (error) {
      const found = serverFaults(error);
      const [field] = Object.keys(found) as DraftField[];
      setRefused(found);
      if (field === undefined) setFailure(error);
      else if (stepOfField(field) === step) showFault();
      else goTo(stepOfField(field));
    }
  };

  const stepLink = (to: StepId, label: string, what: string) => (
    <Link
      to="."
      search={(before: object) => ({ ...before, step: to })}
      className="font-medium text-accent underline underline-offset-2"
    >
      {label}
      <span className="sr-only">: {what}</span>
    </Link>
  );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (step !== "review") goOn();
      }}
    >
      <Stepper
        label="Steps"
        steps={STEPS.map((id) => ({ id, label: TITLES[id].label, state: stateOf(id, step, furthest, draft) }))}
        renderLink={({ id }, link) => <Link to="." search={(before: object) => ({ ...before, step: id })} {...link} />}
      />
      {pipeline?.status === "running" && (
        <div className="mb-4">
          <Notice tone="accent" title="A run of this pipeline is under way">
            It goes on as it was started. What you change here counts from the next run.
          </Notice>
        </div>
      )}
      <DraftLine draft={draft} nameOf={nameOf} />
      <section aria-labelledby="step-heading" ref={content} className="pb-6">
        <h2 id="step-heading" tabIndex={-1} className="mb-3 text-lg font-semibold outline-none">
          {TITLES[step].heading}
        </h2>
        {isPending ? (
          <ListSkeleton />
        ) : (
          <StepContent
            canQuery={canQuery}
            step={step}
            draft={draft}
            change={change}
            faults={faults}
            before={baseline}
            changed={state.changed}
            pipelineId={pipeline?.id ?? null}
            nameOf={nameOf}
            createSourceLink={createSourceLink}
            renderChanges={renderChanges}
            renderStepLink={stepLink}
          />
        )}
        <div className="mt-4 empty:hidden">
          <FormError error={failure} />
        </div>
      </section>
      <FormFooter
        step={step}
        isNew={isNew}
        isChanged={state.changed.length > 0}
        isSaving={isSaving}
        canRun={pipeline?.status !== "running"}
        cancelLink={cancelLink}
        onBack={() => goTo(STEPS[STEPS.indexOf(step) - 1] ?? "source")}
        onFinish={(isRunWanted) => void finish(isRunWanted)}
      />
      <LeaveGuard
        hasChanges={() => state.changed.length > 0 && !isLeaving.current}
        isDetour={isDetour}
        onDiscard={state.forget}
      >
        What you have chosen and written here is not saved, and would be gone.
      </LeaveGuard>
    </form>
  );
}

function stateOf(id: StepId, current: StepId, furthest: StepId, draft: Draft): "done" | "current" | "open" | "locked" {
  if (id === current) return "current";
  if (STEPS.indexOf(id) > STEPS.indexOf(furthest)) return "locked";
  return STEPS.indexOf(id) < STEPS.indexOf(current) && stepHolds(draft, id) ? "done" : "open";
}

/** The heading of a step takes the focus when it opens, as that of a page does. */
function useStepFocus(step: StepId) {
  const content = useRef<HTMLElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    if (!focusFirstFault(content.current)) content.current?.querySelector("h2")?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step]);
  return content;
}

/** Gives the focus to the first fault once it is drawn: called together with whatever makes it one. */
function useFaultFocus(content: RefObject<HTMLElement | null>): () => void {
  const [count, show] = useReducer((before: number) => before + 1, 0);
  useEffect(() => {
    if (count > 0) focusFirstFault(content.current);
  }, [count, content]);
  return show;
}

/** Whether there was one. */
function focusFirstFault(within: HTMLElement | null): boolean {
  const field = within?.querySelector<HTMLElement>(
    "[aria-invalid='true'], [role='radiogroup'][aria-describedby] [role='radio']",
  );
  field?.focus();
  return field !== null && field !== undefined;
}
