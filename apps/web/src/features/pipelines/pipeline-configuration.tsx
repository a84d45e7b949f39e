import type { Pipeline } from "@millrace/shared";
import { Fact, Facts } from "../../components/ui/facts.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { Time } from "../../components/ui/time.tsx";
import { mappingWords } from "../../lib/mapping-words.ts";
import { connectionWords, policyFacts } from "../../lib/policy-words.ts";
import { PipelinePosition } from "./pipeline-position.tsx";
import { ScheduleSentence } from "./schedule-sentence.tsx";

const WRITE_MODES: Record<Pipeline["writeMode"], string> = {
  replace: "Replace: the table is staged whole and swapped in",
  append: "Append: rows are added to what is there",
  merge: "Merge: new rows are added by their key, changed ones updated",
  history: "History: each version of a row is kept with its time",
};

const MODES: Record<Pipeline["mode"], string> = { batch: "Batch", realtime: "Real time" };

interface FlowEnd {
  /** Null where the name is not known, or not this user's to know. */
  readonly sourceName: string | null;
  readonly table: string | null;
}

export interface PipelineConfigurationProps {
  readonly pipeline: Pipeline;
  /** Whether values of rows may be shown, such as the position. */
  readonly canSeeRows: boolean;
  readonly from: FlowEnd;
  readonly to: FlowEnd;
}

/** What a pipeline is set to do, to read. */
export function PipelineConfiguration({ pipeline, canSeeRows, from, to }: PipelineConfigurationProps) {
  return (
    <Panel title="Configuration">
      <Facts layout="rows">
        <Fact name="Source">
          <End end={from} />
        </Fact>
        <Fact name="Destination">
          <End end={to} />
        </Fact>
        <Fact name="Mapping">{mappingWords(pipeline.mapping)}</Fact>
        <Fact name="Mode">{MODES[pipeline.mode]}</Fact>
        <Fact name="Write mode">{WRITE_MODES[pipeline.writeMode]}</Fact>
        {policyFacts(pipeline.writeMode, pipeline.policies).map(([name, words]) => (
          <Fact key={name} name={name}>
            {words}
          </Fact>
        ))}
        {canSeeRows && pipeline.policies.incremental !== null && (
          <Fact name="Position">
            <PipelinePosition pipelineId={pipeline.id} />
          </Fact>
        )}
        <Fact name="Connections">{connectionWords(pipeline.limits)}</Fact>
        <Fact name="Schedule">
          <ScheduleSentence schedule={pipeline.schedule} timezone={pipeline.timezone} isEnabled={pipeline.isEnabled} />
        </Fact>
        {pipeline.nextRunAt && (
          <Fact name="Next run">
            <Time at={pipeline.nextRunAt} tense="future" />
          </Fact>
        )}
        <Fact name="Created">
          <Time at={pipeline.createdAt} />
        </Fact>
      </Facts>
    </Panel>
  );
}

function End({ end }: { readonly end: FlowEnd }) {
  if (!end.table && !end.sourceName) return <span className="text-ink-faint italic">not set</span>;
  return (
    <>
      {end.sourceName && <span>{end.sourceName} </span>}
      {end.table && <code className="font-mono text-xs break-all">{end.table}</code>}
    </>
  );
}
