import { type ConnectorSummary, fillGuideSql } from "@millrace/shared";
import { useState } from "react";
import { type Control, useWatch } from "react-hook-form";
import { CodeBlock } from "../../components/ui/code-block.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { SegmentedFilter } from "../../components/ui/segmented-filter.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import type { FormValues } from "./form-values.ts";

/** What stands in the SQL as long as the form does not say otherwise. */
const NAMES = { username: "millrace", database: "shop", schema: "public" };

const PURPOSES = { read: "Read from it", write: "Write to it" };

export interface SetUpGuideProps {
  readonly connector: ConnectorSummary;
  readonly control: Control<FormValues>;
}

/** How a user with the least privileges is made at the server, its SQL with the names of the form. No password ever shows in it. */
export function SetUpGuide({ connector: { title, guide }, control }: SetUpGuideProps) {
  const config = useWatch({ control, name: "config" });
  const [purpose, setPurpose] = useState<keyof typeof PURPOSES>("read");
  const [schema, setSchema] = useState(NAMES.schema);
  const names = {
    username: config["username"]?.trim() || NAMES.username,
    database: config["database"]?.trim() || NAMES.database,
    schema: schema.trim() || NAMES.schema,
  };
  const part = guide.parts.find((candidate) => candidate.purpose === purpose);
  return (
    <Panel title={`Set up ${title}`}>
      <div className="flex flex-col gap-4">
        <SegmentedFilter
          label="What Millrace is to do"
          value={purpose}
          options={guide.parts.map((each) => ({ value: each.purpose, label: PURPOSES[each.purpose] }))}
          onChange={setPurpose}
        />
        {part && (
          <>
            <p className="text-sm text-ink-soft">{part.summary}</p>
            <TextField
              label="Schema"
              value={schema}
              onChange={(event) => setSchema(event.target.value)}
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
            />
            <ol className="flex flex-col gap-4">
              {part.steps.map(({ text, sql }, index) => (
                <li key={text} className="flex min-w-0 flex-col gap-2">
                  <p className="flex gap-2 text-sm">
                    <span className="tabular font-medium text-ink-faint">{index + 1}.</span>
                    <span>{text}</span>
                  </p>
                  {sql !== null && (
                    <CodeBlock label={`SQL of step ${index + 1}`} code={fillGuideSql(sql, guide, names)} isWrapped />
                  )}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </Panel>
  );
}
