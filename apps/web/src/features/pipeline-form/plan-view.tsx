import type { PipelinePlan, PlanRefusal } from "@millrace/shared";
import type { ReactNode } from "react";
import { SchemaChanges } from "../../components/schema-changes.tsx";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { ListError, ListSkeleton } from "../../components/ui/list-states.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { schemaVerdictWords } from "../../lib/schema-words.ts";
import { PlanColumns } from "./plan-columns.tsx";
import type { usePlan } from "./use-plan.ts";

const SIDES: Record<PlanRefusal["side"], string> = {
  source: "Where to look: the source",
  destination: "Where to look: the destination",
  millrace: "Where to look: this form",
};

/** What a run would do, as both catalogs stand now, or why it would be refused. */
export function PlanView({ plan, canBePlanned }: ReturnType<typeof usePlan>) {
  return (
    <Panel
      title="What a run would do"
      description={plan.isFetching ? "Reading both catalogs…" : "As both catalogs stand now"}
      isFlush
    >
      {/* Says the outcome, not the whole plan again. */}
      <p role="status" className="sr-only">
        {plan.isFetching ? "Planning" : plan.data ? (plan.data.refusal?.message ?? "Planned") : ""}
      </p>
      {!canBePlanned ? (
        <p className="p-4 text-sm text-ink-soft">Name the destination table to see the plan.</p>
      ) : plan.isPending ? (
        <ListSkeleton />
      ) : plan.isError ? (
        <ListError error={plan.error} onRetry={() => void plan.refetch()} />
      ) : (
        <Plan plan={plan.data} />
      )}
    </Panel>
  );
}

function Plan({ plan }: { readonly plan: PipelinePlan }) {
  const { refusal, warnings, columns, statements, schema } = plan;
  return (
    <>
      <div className="flex flex-col gap-3 border-b border-line p-4 empty:hidden">
        {refusal && (
          <Notice tone="bad" title={`A run would be refused: ${refusal.message}`}>
            <p>{refusal.hint}</p>
            <p className="mt-1 text-xs">
              {SIDES[refusal.side]} · <code className="font-mono">{refusal.code}</code>
            </p>
          </Notice>
        )}
        {schema !== null && schema.changes.length > 0 && (
          <Notice
            tone={schema.verdict === "noted" ? "neutral" : "warn"}
            title="The table has changed since it was agreed"
          >
            <p>{schemaVerdictWords(schema)}</p>
            <div className="mt-1 text-ink">
              <SchemaChanges changes={schema.changes} />
            </div>
          </Notice>
        )}
        {warnings.map((warning) => (
          <Notice key={warning} tone="warn" title={warning} />
        ))}
        {!refusal && (
          <Facts layout="rows">
            {factsOf(plan).map(([name, value]) => (
              <Fact key={name} name={name}>
                {value}
              </Fact>
            ))}
          </Facts>
        )}
      </div>
      {columns.length > 0 && <PlanColumns columns={columns} />}
      {statements.length > 0 && (
        <div className="border-t border-line p-4">
          <CodeBlock
            label={`SQL that changes the destination's structure (${formatCount(statements.length)})`}
            code={statements.map((statement) => `${statement};`).join("\n")}
          />
        </div>
      )}
    </>
  );
}

const factsOf = (plan: PipelinePlan): [string, ReactNode][] => [
  ["Table", plan.createsTable ? "Is created by the first run" : "Exists already"],
  [
    "To copy",
    [
      plan.estimatedRows === null ? "an unknown number of rows" : `about ${formatCount(plan.estimatedRows)} rows`,
      plan.estimatedBytes !== null && formatBytes(plan.estimatedBytes),
    ]
      .filter(Boolean)
      .join(", "),
  ],
  [
    "On the way",
    plan.wireFormat === "pg-binary"
      ? "the servers' own binary format, unparsed (pg-binary)"
      : `as ${plan.wireFormat ?? "typed batches"}`,
  ],
  ...(plan.chunkCount === null ? [] : [["Copied", partsWords(plan.chunkCount)] satisfies [string, string]]),
  [
    "Verified",
    plan.verification === "full"
      ? `yes, by hashing each row at both ends (${plan.digestMethod})`
      : plan.digestMethod === null
        ? "no: these two systems share no fingerprint, so only row counts are compared"
        : plan.verification === "count"
          ? "no: only row counts are compared"
          : "no: switched off",
  ],
];

const partsWords = (chunkCount: number): string =>
  chunkCount === 1
    ? "in one part, in one transaction"
    : `in ${formatCount(chunkCount)} parts, each committed beside the table before all are put in place at once`;
