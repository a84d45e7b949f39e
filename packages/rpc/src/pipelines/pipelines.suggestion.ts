import type { DataSource } from "@millrace/db";
import { Pipeline } from "@millrace/db";
import { formatTableName, parseTableName, type PipelineSuggestion, type SuggestPipelineInput } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { endSources } from "./pipelines.ends.ts";
import { tableSpellings } from "./table-spellings.ts";

/** How many names are tried before the last of them is suggested although it is taken. */
const CANDIDATES = 50;
/** PostgreSQL cuts longer names (NAMEDATALEN), and no other system's are shorter. */
const MAX_TABLE_NAME_BYTES = 63;
const MAX_PIPELINE_NAME_LENGTH = 255;

/** A free name and a free destination table. Connects to nothing. Throws `SOURCE_UNKNOWN`. */
export async function suggestPipeline(scope: Scope, input: SuggestPipelineInput): Promise<PipelineSuggestion> {
  const ends = await endSources(scope, input);
  const { name: table } = parseTableName(input.sourceTable);
  return {
    name: await freeName(scope, `${table} to ${ends.destination.name}`),
    destinationTable: await freeTable(scope, input, isSameDatabase(ends.source, ends.destination)),
  };
}

async function freeName({ em }: Scope, wanted: string): Promise<string> {
  const candidates = Array.from({ length: CANDIDATES }, (_, index) => {
    const suffix = index === 0 ? "" : ` ${index + 1}`;
    return `${wanted.slice(0, MAX_PIPELINE_NAME_LENGTH - suffix.length)}${suffix}`;
  });
  const taken = await em.find(Pipeline, { name: { $in: candidates } }, { fields: ["name"] });
  return firstFree(candidates, new Set(taken.map(({ name }) => name)));
}

async function freeTable(
  { em }: Scope,
  { sourceTable, destinationId }: SuggestPipelineInput,
  isOneDatabase: boolean,
): Promise<string> {
  const { schema, name } = parseTableName(sourceTable);
  const candidates = Array.from({ length: CANDIDATES }, (_, index) => {
    const suffix = index === 0 ? "" : index === 1 ? "_copy" : `_copy_${index}`;
    return formatTableName({ schema, name: `${cutBytes(name, MAX_TABLE_NAME_BYTES - suffix.length)}${suffix}` });
  }).slice(isOneDatabase ? 1 : 0);
  const spelled = new Map(candidates.flatMap((table) => tableSpellings(table).map((each) => [each, table] as const)));
  const taken = await em.find(
    Pipeline,
    { destinationId, destinationTable: { $in: [...spelled.keys()] } },
    { fields: ["destinationTable"] },
  );
  return firstFree(candidates, new Set(taken.map(({ destinationTable }) => spelled.get(destinationTable ?? ""))));
}

const firstFree = (candidates: readonly string[], taken: ReadonlySet<string | undefined>): string =>
  candidates.find((candidate) => !taken.has(candidate)) ?? candidates.at(-1) ?? "";

/** By what was registered; two names of one server are found out by the plan, which connects. */
const isSameDatabase = (a: DataSource, b: DataSource): boolean =>
  a.id === b.id || (a.host === b.host && a.port === b.port && a.database === b.database);

/** Half a character at the end is left out. */
const cutBytes = (text: string, maxBytes: number): string =>
  Buffer.from(text)
    .subarray(0, maxBytes)
    .toString()
    .replace(/\uFFFD+$/, "");
