import type { RunDetail } from "@millrace/shared";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { trpc } from "../../lib/trpc.ts";

/** Which rows a run of an incremental pipeline has read, by their cursor; nothing for any other run. For who may see rows. */
export function CursorPanel({ run }: { readonly run: RunDetail }) {
  const cursor = trpc.runs.cursor.useQuery({ id: run.id }, { enabled: run.status === "success" });
  if (!cursor.data) return null;
  const { column, from, to, isBackfill } = cursor.data;
  return (
    <Panel
      title="Position"
      description={
        isBackfill ? "A backfill: rows were read once more" : "Which rows this run has read, by their cursor"
      }
    >
      <Facts layout="rows">
        <Fact name="Cursor" isMono>
          {column}
        </Fact>
        <Fact name="From">{from === null ? "the beginning" : <Value>{from}</Value>}</Fact>
        <Fact name="To">
          {to === null ? "the end" : <Value>{to}</Value>}
          {!isBackfill && to !== null && <span className="text-ink-soft"> where the next run goes on</span>}
          {isBackfill && <span className="text-ink-soft">. The position stays where it was</span>}
        </Fact>
      </Facts>
    </Panel>
  );
}

const Value = ({ children }: { readonly children: string }) => (
  <code className="font-mono text-xs break-all">{children}</code>
);
