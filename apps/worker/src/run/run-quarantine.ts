import { LockMode, sql } from "@mikro-orm/core";
import {
  type ClaimedRun,
  type EntityManager,
  openRowValues,
  PipelineRun,
  QuarantinedRow,
  type SecretBox,
  sealRowValues,
  type Store,
} from "@millrace/db";
import { formatKey, type HeldRow, type QuarantinedRow as RefusedRow, type RefusedAgain } from "@millrace/engine";
import { AppError, escapeControls, MAX_COLUMN_NAME_LENGTH, newId } from "@millrace/shared";

/** Rows that are replayed travel to the run's process in parts of so many, or of so many characters of their values. */
const PAGE_ROWS = 500;
const PAGE_CHARACTERS = 2 * 1024 ** 2;

type HeldRun = Pick<PipelineRun, "id" | "recordsFailed" | "triggeredByName">;

/**
 * A run's quarantine in the platform's store. Each call is one transaction that holds the run's row under its fence, so whoever
 * has lost the run keeps nothing: `FENCE_STALE`. `records_failed` is what the quarantine holds, in the same commit.
 */
export class RunQuarantine {
  readonly #store: Store;
  readonly #box: SecretBox;
  readonly #run: ClaimedRun;

  constructor(store: Store, box: SecretBox, run: ClaimedRun) {
    this.#store = store;
    this.#box = box;
    this.#run = run;
  }

  /** What an earlier claim has set aside is read again, and set aside again where it is refused again. */
  async forget(): Promise<void> {
    await this.#underFence(async (em, run) => {
      if (run.recordsFailed === 0) return;
      await em.nativeDelete(QuarantinedRow, { run: run.id });
      await em.nativeUpdate(PipelineRun, { id: run.id }, { recordsFailed: 0 });
    });
  }

  async keep(table: string, rows: readonly RefusedRow[]): Promise<void> {
    const { runId, organizationId } = this.#run;
    const kept = rows.map((row) => {
      const id = newId();
      const place = { id, organizationId };
      return {
        id,
        code: row.code,
        sqlstate: row.sqlstate,
        column: columnNameOf(row),
        reason: row.reason,
        key: row.key && escapeControls(formatKey(row.key), { keepBreaks: false }).toWellFormed(),
        sealed: row.values && sealRowValues(this.#box, row.values, place, "sealed_values"),
      };
    });
    await this.#underFence(async (em) => {
      await insertRows(em, this.#run, table, JSON.stringify(kept));
      await em.nativeUpdate(
        PipelineRun,
        { id: runId },
        { recordsFailed: sql<number>`records_failed + ${kept.length}` },
      );
    });
  }

  /** What this run is to replay, after a row in the order of their ids. */
  async held(after: string | null): Promise<readonly HeldRow[]> {
    const em = this.#store.forOrganization(this.#run.organizationId);
    const { replays } = await em.findOneOrFail(PipelineRun, { id: this.#run.runId }, { fields: ["replays"] });
    const rows = await em.find(
      QuarantinedRow,
      {
        run: replays ?? null,
        replayRunId: this.#run.runId,
        state: "held",
        hasValues: true,
        ...(after === null ? {} : { id: { $gt: after } }),
      },
      { orderBy: { id: "asc" }, limit: PAGE_ROWS, populate: ["sealedValues", "sealedEdit"] },
    );
    const page: HeldRow[] = [];
    let characters = 0;
    for (const row of rows) {
      const size = (row.sealedEdit ?? row.sealedValues ?? "").length;
      if (page.length > 0 && characters + size > PAGE_CHARACTERS) break;
      characters += size;
      page.push({ id: row.id, values: this.#valuesOf(row) });
    }
    return page;
  }

  #valuesOf(row: QuarantinedRow): HeldRow["values"] {
    const { sealedEdit, sealedValues } = row;
    if (sealedEdit != null) return openRowValues(this.#box, row, sealedEdit, "sealed_edit");
    return openRowValues(this.#box, row, sealedValues ?? "", "sealed_values");
  }

  /** What became of rows that this run was to replay. */
  async settle(replayed: readonly string[], refused: readonly RefusedAgain[]): Promise<void> {
    const { runId } = this.#run;
    await this.#underFence(async (em, run) => {
      if (replayed.length > 0) {
        await em.nativeUpdate(
          QuarantinedRow,
          { id: [...replayed], replayRunId: runId, state: "held" },
          { state: "replayed", settledAt: sql`now()`, settledByName: run.triggeredByName ?? null },
        );
      }
      if (refused.length > 0) await holdOn(em, this.#run, refused);
    });
  }

  async #underFence(work: (em: EntityManager, run: HeldRun) => Promise<void>): Promise<void> {
    const { runId, organizationId, fence } = this.#run;
    await this.#store.forOrganization(organizationId).transactional(async (em) => {
      const held = { id: runId, fence, status: "running" as const };
      const run = await em.findOne(PipelineRun, held, {
        lockMode: LockMode.PESSIMISTIC_WRITE,
        fields: ["recordsFailed", "triggeredByName"],
      });
      if (!run) throw new AppError("FENCE_STALE");
      await work(em, run);
    });
  }
}

/**
 * One statement with all rows in one parameter: the ORM's own insert has a parameter for each field, which took five times as much
 * of the worker's CPU.
 */
async function insertRows(
  em: EntityManager,
  { runId, organizationId }: ClaimedRun,
  table: string,
  rows: string,
): Promise<void> {
  await em.execute(
    `insert into quarantined_rows (id, organization_id, run_id, table_name, code, sqlstate, column_name, reason, key,
       has_values, sealed_values, state)
     select r.id, ?, ?, ?, r.code, r.sqlstate, r."column", r.reason, r.key, r.sealed is not null, r.sealed, 'held'
     from json_to_recordset(?::json) as r(
       id uuid, code text, sqlstate text, "column" text, reason text, key text, sealed text)`,
    [organizationId, runId, table, rows],
  );
}

/** Rows that were refused again stay, each with its new reason: one statement, however many. */
async function holdOn(
  em: EntityManager,
  { runId, organizationId }: ClaimedRun,
  refused: readonly RefusedAgain[],
): Promise<void> {
  const rows = refused.map((row) => ({ ...row, column: columnNameOf(row) }));
  await em.execute(
    `update quarantined_rows q
     set code = r.code, sqlstate = r.sqlstate, column_name = r."column", reason = r.reason, replay_run_id = null
     from json_to_recordset(?::json) as r(id uuid, code text, sqlstate text, "column" text, reason text)
     where q.id = r.id and q.organization_id = ? and q.replay_run_id = ? and q.state = 'held'`,
    [JSON.stringify(rows), organizationId, runId],
  );
}

const columnNameOf = ({ column }: Pick<RefusedAgain, "column">) =>
  column?.slice(0, MAX_COLUMN_NAME_LENGTH).toWellFormed() ?? null;
