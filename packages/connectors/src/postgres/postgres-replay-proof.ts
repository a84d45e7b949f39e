import type { HeldRow, ReplayDigests, ReplayTarget, RunIdentity, TablePlan } from "@millrace/engine";
import type { Digest } from "@millrace/shared";
import { digestColumns, digestTogether, type HashedValue, rowHashes } from "./postgres-digest.ts";
import { type ReadsHeld, readsHeld } from "./postgres-held-values.ts";
import { digestOfMerged } from "./postgres-merge.ts";
import type { MergePlan } from "./postgres-merge-plan.ts";
import type { MergeSql } from "./postgres-merge-sql.ts";
import { findOwnRows, ownIds } from "./postgres-own-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { countPages } from "./postgres-setup.ts";

/**
 * Which rows of a quarantine have arrived, each recorded in the transaction that brought it and forgotten once the platform
 * knows. Whatever stays here is what nobody could be told of, so that the next replay only tells. A row's hash is what it was
 * held as, which its table was shown to hold before the transaction was committed.
 */
export const REPLAYED_TABLES = [
  `create table if not exists _millrace.replayed (
  row_id uuid primary key,
  pipeline_id uuid not null,
  run_id uuid not null,
  at timestamptz not null default now()
)`,
  `create table if not exists _millrace.replayed_hash (
  row_id uuid primary key references _millrace.replayed on delete cascade,
  h bigint not null,
  g bigint not null
)`,
];

/** How the rows come to their keys; null where they are added to others. */
export interface ReplayMerge {
  readonly plan: MergePlan;
  readonly sql: MergeSql;
}

interface Taken {
  readonly held: Digest | null;
  /** Of rows that come to a key; the others are looked at in the end. */
  readonly stored: Digest | null;
  readonly count: number;
  readonly ids: readonly string[];
}

interface DigestRow {
  readonly count: string;
  readonly sum: string;
  readonly xor: string;
}

/** What the rows of a replay were held as and what stands of them, while its transaction is open. */
export class ReplayProof {
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #merge: ReplayMerge | null;
  readonly #isFull: boolean;
  readonly #reads: ReadsHeld;
  readonly #firstPage: number;
  readonly #taken: Taken[] = [];

  private constructor(
    session: PostgresSession,
    plan: TablePlan,
    merge: ReplayMerge | null,
    isFull: boolean,
    reads: ReadsHeld,
    firstPage: number,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#merge = merge;
    this.#isFull = isFull;
    this.#reads = reads;
    this.#firstPage = firstPage;
  }

  /** In the open transaction, in which the table is held against being altered. */
  static async open(
    session: PostgresSession,
    plan: TablePlan,
    merge: ReplayMerge | null,
    { verification }: ReplayTarget,
  ): Promise<ReplayProof> {
    const isFull = verification === "full";
    const reads = isFull ? await readsHeld(session, plan.destinationTable) : (value: string) => value;
    const pages = await countPages(session, { loadTable: plan.destinationTable });
    return new ReplayProof(session, plan, merge, isFull, reads, pages - 1);
  }

  /** How many rows have the keys that are in the stage; their digest goes with it where it is compared. */
  async lookAtKeys({ plan: merge, sql }: ReplayMerge): Promise<Digest> {
    return digestOfMerged(this.#session, this.#plan, this.#isFull ? merge : { ...merge, compared: [] }, sql);
  }

  /** Records in the open savepoint that the rows have arrived. What it resolves to counts once the savepoint is released. */
  async record(rows: readonly HeldRow[], identity: RunIdentity, stored: Digest | null): Promise<Taken> {
    const ids = rows.map(({ id }) => id);
    const { pipelineId, runId } = identity;
    const insert = `insert into _millrace.replayed (row_id, pipeline_id, run_id)
      select id, $2, $3 from unnest($1::uuid[]) id`;
    if (!this.#isFull) {
      await this.#session.query(insert, [ids, pipelineId, runId]);
      return { held: null, stored: null, count: rows.length, ids: [] };
    }
    const values = this.#values;
    const texts = values.map(({ name }) => rows.map((row) => row.values[name] ?? null));
    const { both, second } = rowHashes(
      this.#method,
      values.map(({ hashedAs }, at) => ({ value: `held.v${at}`, hashedAs })),
    );
    const [digest] = await this.#session.query<DigestRow>(
      `with recorded as (${insert}), hashed as (
         insert into _millrace.replayed_hash (row_id, h, g) select row_id, ${both.join(", ")} from (
           select ${["row_id", ...values.map(({ name }, at) => `${this.#reads(`c${at}`, name)} as v${at}`)].join(", ")}
           from unnest(${["$1::uuid[]", ...values.map((_, at) => `$${at + 4}::text[]`)].join(", ")})
             as texts(${["row_id", ...values.map((_, at) => `c${at}`)].join(", ")})) held
         returning h, g
       ) select ${digestColumns(second)} from hashed`,
      [ids, pipelineId, runId, ...texts],
    );
    const own = this.#merge ? [] : await ownIds(this.#session);
    return { held: digestOf(digest), stored, count: rows.length, ids: own };
  }

  /** That the savepoint was released. */
  keep(taken: Taken): void {
    this.#taken.push(taken);
  }

  /** See `ReplaySession.digests`. */
  async digests(known: readonly string[]): Promise<ReplayDigests | null> {
    const before = await this.#before(known);
    if (before.rowCount !== known.length) return null;
    const held = this.#taken.flatMap((taken) => taken.held ?? []);
    const stored = await this.#stored();
    return {
      held: digestTogether(this.#method, [before, ...held]),
      stored: digestTogether(this.#method, [before, ...stored]),
    };
  }

  async #stored(): Promise<readonly Digest[]> {
    if (this.#merge) return this.#taken.flatMap(({ stored }) => stored ?? []);
    if (this.#taken.length === 0) return [];
    const count = this.#taken.reduce((sum, taken) => sum + taken.count, 0);
    const ids = [...new Set(this.#taken.flatMap((taken) => taken.ids))];
    const target = { loadTable: this.#plan.destinationTable };
    return [(await findOwnRows(this.#session, this.#plan, target, this.#firstPage, count, ids)).digest];
  }

  async #before(known: readonly string[]): Promise<Digest> {
    const { second } = rowHashes(this.#method, []);
    const [digest] = await this.#session.query<DigestRow>(
      `select ${digestColumns(second)} from _millrace.replayed_hash where row_id = any ($1::uuid[])`,
      [known],
    );
    return digestOf(digest);
  }

  get #method(): string {
    return this.#plan.digestMethod ?? "text";
  }

  get #values(): readonly (Pick<HashedValue, "hashedAs"> & { readonly name: string })[] {
    const { columns } = this.#plan;
    const merge = this.#merge?.plan;
    return merge ? columns.filter(({ name }) => merge.compared.includes(name)) : columns;
  }
}

const digestOf = (row: DigestRow | undefined): Digest => ({
  rowCount: Number(row?.count ?? 0),
  sum: row?.sum ?? "0",
  xor: row?.xor ?? "0",
});
