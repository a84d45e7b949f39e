import { type PreflightCheck, PreflightInput } from "@millrace/shared";
import { CircleCheck, CircleDashed, CircleX, type LucideIcon, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/ui/button.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Status, type Tone } from "../../components/ui/status.tsx";
import { trpc } from "../../lib/trpc.ts";
import type { Draft, StepId } from "./draft.ts";
import { usePaused } from "./use-paused.ts";

const LOOKS: Record<
  PreflightCheck["status"],
  { readonly tone: Tone; readonly icon: LucideIcon; readonly word: string }
> = {
  passed: { tone: "good", icon: CircleCheck, word: "Passed" },
  warning: { tone: "warn", icon: TriangleAlert, word: "Warning" },
  failed: { tone: "bad", icon: CircleX, word: "Failed" },
  skipped: { tone: "neutral", icon: CircleDashed, word: "Skipped" },
};

/** Where a check that did not pass is mended in this form. */
const STEP_OF_CHECK: Record<string, StepId | undefined> = {
  Schedule: "schedule",
  Source: "source",
  "Source table": "table",
  Destination: "destination",
  Plan: "columns",
  Privileges: "destination",
  "Existing rows": "columns",
  Verification: "columns",
  Structure: "columns",
  "Other pipelines": "columns",
};

/** What stands between a draft and a run that succeeds; asked for again once changes have paused. */
export function usePreflight(draft: Draft, pipelineId: string | null) {
  const { name, sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, mapping } = draft;
  const { schedule, timezone } = draft;
  const ends = { sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, mapping };
  const text = usePaused(
    JSON.stringify({ ...(pipelineId !== null && { id: pipelineId }), name, ...ends, schedule, timezone }),
  );
  const parsed = PreflightInput.safeParse(JSON.parse(text));
  return trpc.pipelines.preflight.useQuery(parsed.data ?? ({} as PreflightInput), {
    enabled: parsed.success,
    staleTime: 0,
    trpc: { context: { isAlone: true }, abortOnUnmount: true },
  });
}

export interface PreflightPanelProps {
  readonly preflight: ReturnType<typeof usePreflight>;
  /** A link to the step that mends something. */
  readonly renderStepLink: (step: StepId, label: string, what: string) => ReactNode;
}

/** The checks in two groups: what a run needs, and what is good to know. */
export function PreflightPanel({ preflight, renderStepLink }: PreflightPanelProps) {
  return (
    <Panel
      title="Pre-flight"
      description="Looked at just now, without changing anything"
      isFlush
      actions={
        <Button
          size="small"
          variant="quiet"
          icon={RotateCw}
          isBusy={preflight.isFetching}
          onClick={() => void preflight.refetch()}
        >
          Check again
        </Button>
      }
    >
      <p role="status" className="sr-only">
        {preflight.isFetching ? "Checking" : preflight.data ? summaryOf(preflight.data.checks) : ""}
      </p>
      {preflight.isPending ? (
        preflight.fetchStatus === "idle" ? (
          <p className="p-4 text-sm text-ink-soft">The checks start once the form is filled in.</p>
        ) : (
          <ListSkeleton />
        )
      ) : preflight.isError ? (
        <ListError error={preflight.error} onRetry={() => void preflight.refetch()} />
      ) : (
        <div className="divide-y divide-line">
          <Group
            title="Required"
            checks={preflight.data.checks.filter(({ group }) => group === "required")}
            renderStepLink={renderStepLink}
          />
          <Group
            title="Warnings"
            checks={preflight.data.checks.filter(({ group }) => group === "warning")}
            renderStepLink={renderStepLink}
          />
        </div>
      )}
    </Panel>
  );
}

/** `All required checks passed`, or how many did not. */
function summaryOf(checks: readonly PreflightCheck[]): string {
  const missing = checks.filter(({ group, status }) => group === "required" && status !== "passed").length;
  const warnings = checks.filter(({ status }) => status === "warning").length;
  const first =
    missing === 0
      ? "All required checks passed"
      : `${missing} required ${missing === 1 ? "check has" : "checks have"} not passed`;
  return warnings === 0 ? first : `${first}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
}

interface GroupProps extends Pick<PreflightPanelProps, "renderStepLink"> {
  readonly title: string;
  readonly checks: readonly PreflightCheck[];
}

function Group({ title, checks, renderStepLink }: GroupProps) {
  if (checks.length === 0) return null;
  return (
    <section aria-label={title} className="px-4 py-3">
      <h3 className="mb-1 text-xs font-medium text-ink-faint">{title}</h3>
      <ul>
        {checks.map((check, index) => {
          const isOpen = check.status === "failed" || check.status === "warning";
          const step = isOpen ? STEP_OF_CHECK[check.name] : undefined;
          return (
            <li
              key={index}
              className="grid grid-cols-[5.5rem_1fr] items-start gap-x-3 py-1.5 sm:grid-cols-[5.5rem_8.5rem_1fr]"
            >
              <Status {...LOOKS[check.status]} />
              <span className="text-sm font-medium">{check.name}</span>
              <span className="col-span-2 min-w-0 text-sm text-ink-soft sm:col-span-1">
                <span className="break-words">{check.message}</span>
                {check.hint && <span className="block text-xs text-ink-faint">{check.hint}</span>}
                {step && (
                  <span className="mt-0.5 block text-xs">{renderStepLink(step, "Change this", check.name)}</span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
