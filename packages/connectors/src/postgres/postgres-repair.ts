import type { Readable } from "node:stream";
import type {
  ColumnMapping,
  Key,
  KeyedOptions,
  KeyedReader,
  KeyPrint,
  RepairSession,
  RunIdentity,
  TableDescription,
  TablePlan,
} from "@millrace/engine";
import type { RepairCounts, TableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { comparedSql, isOneOf, type KeyColumn } from "./postgres-key.ts";
import { keyColumns, PostgresKeyedReader, type ReaderSettings } from "./postgres-keyed-reader.ts";
import { copyInto } from "./postgres-load.ts";
import { ownColumnOf, VERSION_COLUMNS } from "./postgres-merge-plan.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import { claimFence, ensurePositionTable, holdFence } from "./postgres-position.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute, holdTable } from "./postgres-setup.ts";

/** Nobody but the session sees it, and it needs no right to make tables. */
const STAGE: TableName = { schema: "pg_temp", name: "_millrace_repair" };

/** See `DestinationSide.keyed`. */
export async function readDestination(
  session: PostgresSession,
  plan: TablePlan,
  key: readonly string[],
  signal: AbortSignal,
  { isExact = false, existing }: Pick<KeyedOptions, "isExact" | "existing"> = {},
): Promise<KeyedReader> {
  await session.query("begin isolation level repeatable read, read only");
  const end = async () => {
    await session.query("rollback").catch(() => {});
  };
  return keyedRows(session, plan, key, signal, { isExact, end }, existing);
}

/** A column of the plan over a table that the run has not altered yet. */
function valueAsItStands({ name, type }: ColumnMapping, { columns }: TableDescription): string {
  const now = columns.find((column) => column.name === name)?.type;
  if (now === type) return quoteIdentifier(name);
  return now === undefined ? `null::${type}` : `${quoteIdentifier(name)}::${type}`;
}

function keyedRows(
  session: PostgresSession,
  plan: TablePlan,
  key: readonly string[],
  signal: AbortSignal,
  settings: Pick<ReaderSettings, "isExact" | "end"> = {},
  existing?: TableDescription,
): PostgresKeyedReader {
  const values = plan.columns.map((column) => ({
    value: existing ? valueAsItStands(column, existing) : quoteIdentifier(column.name),
    hashedAs: column.hashedAs,
  }));
  const table = quoteTable(plan.destinationTable);
  const isLive = liveCondition(plan);
  const { merge } = plan.detail as PostgresPlan;
  return new PostgresKeyedReader(
    session,
    plan,
    key,
    { from: isLive === null ? table : `${table} where ${isLive}`, values },
    signal,
    { ...settings, ...(merge && ownColumnOf(merge) !== null && { fromMarked: table }) },
  );
}

/** Which rows count as there; null: all. */
function liveCondition({ detail }: TablePlan): string | null {
  const { merge } = detail as PostgresPlan;
  if (!merge) return null;
  const deletedAt = ownColumnOf(merge);
  if (merge.keepsVersions) return quoteIdentifier(VERSION_COLUMNS.isCurrent);
  return deletedAt === null ? null : `${deletedAt} is null`;
}

/** See `DestinationSide.beginRepair`. */
export async function beginRepair(
  session: PostgresSession,
  plan: TablePlan,
  key: readonly string[],
  identity: RunIdentity | null,
  signal: AbortSignal,
): Promise<RepairSession> {
  if (identity) {
    await ensurePositionTable(session);
    await claimFence(session, identity, plan.destinationTable);
  }
  await session.query("begin");
  try {
    if (identity) await holdFence(session, identity, plan.destinationTable);
    await holdTable(session, plan);
    const columns = plan.columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ");
    await execute(session, plan, `create temporary table ${quoteTable(STAGE)} (${columns}) on commit drop`);
    const numbered = await session.query<{ name: string }>(
      "select attname as name from pg_catalog.pg_attribute where attrelid = $1::regclass and attidentity = 'a'",
      [quoteTable(plan.destinationTable)],
    );
    return new Repair(session, plan, key, new Set(numbered.map(({ name }) => name)), signal);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

/** State: open -> committed | rolled back. */
class Repair implements RepairSession {
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #detail: PostgresPlan;
  readonly #signal: AbortSignal;
  readonly #reader: KeyedReader;
  readonly #target: readonly KeyColumn[];
  readonly #sameKey: string;
  /** Columns that the server numbers by itself, and that an update can give no other value. */
  readonly #numbered: ReadonlySet<string>;
  #isOpen = true;

  constructor(
    session: PostgresSession,
    plan: TablePlan,
    key: readonly string[],
    numbered: ReadonlySet<string>,
    signal: AbortSignal,
  ) {
    this.#numbered = numbered;
    this.#session = session;
    this.#plan = plan;
    this.#detail = plan.detail as PostgresPlan;
    this.#signal = signal;
    this.#reader = keyedRows(session, plan, key, signal);
    const within = (alias: string) =>
      keyColumns(plan, key, (index) => `${alias}.${quoteIdentifier(plan.columns[index]?.name ?? "")}`);
    this.#target = within("t");
    const stage = within("s");
    this.#sameKey = this.#target
      .map((column, index) => `${comparedSql(column)} = ${comparedSql(stage[index] ?? column)}`)
      .join(" and ");
  }

  load(stream: Readable): Promise<number> {
    const stage = { ...this.#detail, loadTable: STAGE };
    return copyInto(this.#session, this.#plan, stage, false, stream, this.#signal);
  }

  apply(keys: readonly Key[], deletesUnexpected: boolean): Promise<RepairCounts> {
    return this.#session.abortable(this.#signal, async () => {
      const gone = `${isOneOf(this.#target, keys)} and not exists (select from ${quoteTable(STAGE)} s where ${this.#sameKey})`;
      const isLive = liveCondition(this.#plan) ?? "true";
      const deleted = deletesUnexpected ? await this.#count(this.#removal(`${gone} and ${isLive}`)) : 0;
      const updated = await this.#count(this.#update());
      const inserted = await this.#count(this.#insertion());
      const { count: left } = await ask<{ count: string }>(
        this.#session,
        this.#plan,
        `select count(*)::text as count from ${quoteTable(this.#plan.destinationTable)} t where ${gone} and ${isLive}`,
      );
      return { inserted, updated, deleted, left: Number(left) };
    });
  }

  printKeys(keys: readonly Key[]): Promise<readonly KeyPrint[]> {
    return this.#reader.printKeys(keys);
  }

  commit(): Promise<void> {
    return this.#session.abortable(this.#signal, async () => {
      await execute(this.#session, this.#plan, "commit");
      this.#isOpen = false;
    });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#session.query("rollback").catch(() => {});
  }

  /** The mark of deletion of the pipeline's rows, or null where rows have none. */
  get #deletedAt(): string | null {
    return this.#detail.merge ? ownColumnOf(this.#detail.merge) : null;
  }

  #removal(condition: string): string {
    const table = quoteTable(this.#plan.destinationTable);
    const deletedAt = this.#deletedAt;
    if (deletedAt === null) return `delete from ${table} t where ${condition}`;
    return `update ${table} t set ${deletedAt} = now() where ${condition}`;
  }

  /** An update, so that what refers to a row by a foreign key goes on doing so. */
  #update(): string {
    const names = this.#plan.columns.map(({ name }) => quoteIdentifier(name));
    const row = (alias: string) => `row(${names.map((name) => `${alias}.${name}`).join(", ")})::record`;
    const own = this.#plan.columns.filter(({ name }) => !this.#numbered.has(name));
    const deletedAt = this.#deletedAt;
    const assignments = [
      ...own.map(({ name }) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`),
      ...(deletedAt === null ? [] : [`${deletedAt} = null`]),
    ];
    const isMarked = deletedAt === null ? "" : ` or t.${deletedAt} is not null`;
    return `update ${quoteTable(this.#plan.destinationTable)} t set ${assignments.join(", ")} from ${quoteTable(STAGE)} s
      where ${this.#sameKey} and (${row("t")} operator(pg_catalog.*<>) ${row("s")}${isMarked})`;
  }

  #insertion(): string {
    const table = quoteTable(this.#plan.destinationTable);
    const names = this.#plan.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    return `insert into ${table} (${names}) overriding system value
      select ${names} from ${quoteTable(STAGE)} s where not exists (select from ${table} t where ${this.#sameKey})`;
  }

  async #count(write: string): Promise<number> {
    const { count } = await ask<{ count: string }>(
      this.#session,
      this.#plan,
      `with written as (${write} returning 1) select count(*)::text as count from written`,
    );
    return Number(count);
  }
}
