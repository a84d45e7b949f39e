import type { SchemaReport } from "@millrace/shared";
import type { ReactNode } from "react";
import { SchemaChanges } from "../../components/schema-changes.tsx";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { schemaVerdictWords } from "../../lib/schema-words.ts";

export interface SchemaPanelProps {
  readonly report: SchemaReport;
  /** Leads to where the changes can be accepted. */
  readonly acceptLink: ReactNode;
}

/** What a run has found to have changed in its table; nothing where it has found nothing. */
export function SchemaPanel({ report, acceptLink }: SchemaPanelProps) {
  const { changes, statements, verdict } = report;
  if (changes.length === 0) return null;
  return (
    <Panel title="What changed in the table" description="Since the run before, or since it was accepted">
      <SchemaChanges changes={changes} />
      <p className="mt-2 text-sm">
        {schemaVerdictWords(report)} {verdict === "waits" && acceptLink}
      </p>
      {statements.length > 0 && (
        <div className="mt-3">
          <CodeBlock
            label={
              verdict === "waits" ? "SQL that would change the destination's table" : "SQL for the destination's table"
            }
            code={statements.map((statement) => `${statement};`).join("\n")}
            isWrapped
          />
        </div>
      )}
    </Panel>
  );
}
