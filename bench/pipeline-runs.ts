import { connectorForUrl } from "@millrace/connectors";
import { executeRun, type RunIdentity, type RunOutcome } from "@millrace/engine";
import { newId, parseTableName, type PipelinePolicies, type WriteMode } from "@millrace/shared";
import { Client } from "pg";

export interface BenchPipeline {
  readonly from: string;
  readonly to: string;
  /** Its name at both ends. */
  readonly table: string;
  readonly writeMode: WriteMode;
  readonly policies?: PipelinePolicies;
}

/** Runs of one pipeline, one after the other, verified, as a worker's are. */
export function pipelineRuns({ from, to, table, writeMode, policies }: BenchPipeline): () => Promise<RunOutcome> {
  const pipelineId = newId();
  let fence = 0;
  return async () => {
    const identity: RunIdentity = { pipelineId, runId: newId(), fence: ++fence };
    const signal = AbortSignal.timeout(3_600_000);
    const open = (url: string, side: "source" | "destination") => {
      const connector = connectorForUrl(url);
      return connector.open(connector.parseUrl(url), { side, signal });
    };
    const [source, destination] = await Promise.all([open(from, "source"), open(to, "destination")]);
    try {
      return await executeRun({
        source,
        destination,
        sourceTable: parseTableName(table),
        destinationTable: parseTableName(table),
        writeMode,
        policies,
        identity,
        signal,
        onProgress: () => {},
        onLog: () => {},
      });
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  };
}

export async function onServer(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The number that a statement answers as `answer`. */
export async function askServer(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: number }>(statement);
    return rows[0]?.answer ?? NaN;
  } finally {
    await client.end();
  }
}
