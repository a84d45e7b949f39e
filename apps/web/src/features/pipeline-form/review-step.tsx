import { type PlanPipelineInput, PlanDraft } from "@millrace/shared";
import type { ReactNode } from "react";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { TextArea } from "../../components/ui/text-area.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { connectionWords, policyFacts } from "../../lib/policy-words.ts";
import { type Draft, type DraftField, FIELD_LABELS, type StepId, stepOfField } from "./draft.ts";
import { mappingWords } from "./mapping-words.ts";
import { PreflightPanel, usePreflight } from "./preflight-panel.tsx";
import type { StepProps } from "./step.ts";
import { plannedPart } from "./use-plan.ts";
import { MODE_WORDS, WRITE_MODE_WORDS } from "./write-modes.ts";

/** Nothing to ask about while the draft cannot be planned. */
export type RenderChanges = (asked: PlanPipelineInput | null) => ReactNode;

export interface ReviewStepProps extends StepProps {
  /** What the form started from. */
  readonly before: Draft;
  readonly changed: readonly DraftField[];
  /** Null for a pipeline that does not exist yet. */
  readonly pipelineId: string | null;
  readonly nameOf: (sourceId: string | null) => string | null;
  readonly renderStepLink: (step: StepId, label: string, what: string) => ReactNode;
  readonly renderChanges: RenderChanges;
}

/** The name, all that was chosen, and what is in the way of a run. */
export function ReviewStep(props: ReviewStepProps) {
  const { draft, change, faults, before, changed, pipelineId, nameOf, renderStepLink } = props;
  const preflight = usePreflight(draft, pipelineId);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
      <div className="flex flex-col gap-5">
        <TextField
          label="Name"
          name="name"
          value={draft.name}
          error={faults.name}
          autoComplete="off"
          onChange={(event) => change({ name: event.target.value })}
        />
        <TextArea
          label="Description"
          description="For whoever looks at this pipeline in a year. May stay empty."
          value={draft.description}
          error={faults.description}
          rows={2}
          onChange={(event) => change({ description: event.target.value })}
        />
        {pipelineId === null ? (
          <Panel title="What will be made">
            <Facts layout="rows">
              {SUMMARY.map((field) => (
                <Fact key={field} name={FIELD_LABELS[field]}>
                  <Value draft={draft} field={field} nameOf={nameOf} />{" "}
                  <span className="text-xs">{renderStepLink(stepOfField(field), "Change", FIELD_LABELS[field])}</span>
                </Fact>
              ))}
            </Facts>
          </Panel>
        ) : (
          <Changes before={before} draft={draft} changed={changed} nameOf={nameOf} />
        )}
      </div>
      <PreflightPanel preflight={preflight} renderStepLink={renderStepLink} />
      <div className="min-w-0 lg:col-span-2">{props.renderChanges(toBeCompared(draft, pipelineId))}</div>
    </div>
  );
}

/** Of a pipeline that exists, its position counts. */
const toBeCompared = (draft: Draft, pipelineId: string | null): PlanPipelineInput | null =>
  PlanDraft.safeParse(plannedPart(draft, pipelineId)).data ?? null;

const SUMMARY: readonly DraftField[] = [
  "sourceId",
  "sourceTable",
  "destinationId",
  "destinationTable",
  "writeMode",
  "policies",
  "mode",
  "schedule",
];

type ChangesProps = Pick<ReviewStepProps, "before" | "draft" | "changed" | "nameOf">;

function Changes({ before, draft, changed, nameOf }: ChangesProps) {
  return (
    <Panel title="What will change" isFlush={changed.length > 0}>
      {changed.length === 0 ? (
        <p className="text-sm text-ink-soft">Nothing was changed yet.</p>
      ) : (
        <dl className="divide-y divide-line">
          {changed.map((field) => (
            <div key={field} className="px-4 py-2.5 text-sm">
              <dt className="text-xs text-ink-faint">{FIELD_LABELS[field]}</dt>
              <dd className="mt-0.5 break-words text-ink-soft line-through decoration-ink-faint/60">
                <span className="sr-only">before: </span>
                <Value draft={before} field={field} nameOf={nameOf} />
              </dd>
              <dd className="break-words">
                <span className="sr-only">after: </span>
                <Value draft={draft} field={field} nameOf={nameOf} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

interface ValueProps extends Pick<ReviewStepProps, "draft" | "nameOf"> {
  readonly field: DraftField;
}

/** A field in words. */
function Value({ draft, field, nameOf }: ValueProps) {
  switch (field) {
    case "sourceId":
    case "destinationId":
      return draft[field] === null ? <NotSet /> : (nameOf(draft[field]) ?? draft[field]);
    case "sourceTable":
    case "destinationTable":
      return draft[field] ? <code className="font-mono text-xs break-all">{draft[field]}</code> : <NotSet />;
    case "writeMode":
      return `${WRITE_MODE_WORDS[draft.writeMode].title} (${draft.writeMode})`;
    case "mode":
      return `${MODE_WORDS[draft.mode].title} (${draft.mode})`;
    case "limits":
      return connectionWords(draft.limits);
    case "mapping":
      return mappingWords(draft.mapping);
    case "schedule":
      return draft.schedule === null ? "By hand only" : <Schedule draft={draft} />;
    case "status":
      return draft.status === "active" ? "On" : "Off";
    case "policies":
      return <Policies draft={draft} />;
    case "name":
    case "description":
    case "timezone":
      return draft[field] === "" ? <NotSet /> : draft[field];
  }
}

const Schedule = ({ draft }: { readonly draft: Draft }) => (
  <>
    <code className="font-mono text-xs">{draft.schedule}</code> {draft.timezone}
    {draft.status === "inactive" && ", off"}
  </>
);

function Policies({ draft: { writeMode, policies } }: { readonly draft: Draft }) {
  const facts = policyFacts(writeMode, policies);
  return facts.map(([name, words]) => (
    <span key={name} className="block">
      <span className="text-ink-faint">{name}:</span> {words}
    </span>
  ));
}

const NotSet = () => <span className="text-ink-faint italic">not set</span>;
