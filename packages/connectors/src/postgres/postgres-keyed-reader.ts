import {
  type Key,
  type KeyedOptions,
  type KeyedReader,
  type KeyPrint,
  type KeyRange,
  type PrintedRange,
  readKey,
  readPrint,
  type SourceRead,
  type TablePlan,
} from "@millrace/engine";
import { type Digest, formatTableName } from "@millrace/shared";
import type pg from "pg";
import { inWireFormat } from "./postgres-batch-out.ts";
import { CopyOut } from "./postgres-copy-out.ts";
import { digestColumns, exactMethod, type HashedValue, readDigest, rowHashes } from "./postgres-digest.ts";
import {
  comparedSql,
  isInRanges,
  isOneOf,
  isSameKey,
  type KeyColumn,
  keyOrderOf,
  keyTextSql,
  rangeIndexSql,
} from "./postgres-key.ts";
import { shownSql } from "./postgres-preview.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { copyFormat } from "./postgres-wire-formats.ts";

/** The rows of one end: what stands behind `from`, and each of the plan's columns as that end calls its value. */
export interface KeyedRows {
  readonly from: string;
  readonly values: readonly HashedValue[];
}

export interface ReaderSettings extends Pick<KeyedOptions, "isExact" | "without"> {
  /** Of two readers in one session each has a name for its cursor. */
  readonly cursor?: string;
  /** Ends what the reader has opened by itself. */
  readonly end?: () => Promise<void>;
  /** What stands behind `from` once rows that are marked as deleted are among them; left out where rows are not marked. */
  readonly fromMarked?: string;
}

/** Reads in the transaction that is open in the session. */
export class PostgresKeyedReader implements KeyedReader {
  readonly #session: PostgresSession;
  readonly #signal: AbortSignal;
  readonly #plan: TablePlan;
  readonly #rows: KeyedRows;
  readonly #key: readonly KeyColumn[];
  readonly #settings: ReaderSettings;
  readonly #method: string;
  #isReading = false;

  constructor(
    session: PostgresSession,
    plan: TablePlan,
    key: readonly string[],
    rows: KeyedRows,
    signal: AbortSignal,
    settings: ReaderSettings = {},
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#signal = signal;
    this.#settings = settings;
    this.#method = settings.isExact ? exactMethod(plan.digestMethod) : (plan.digestMethod ?? "text");
    this.#rows = { ...rows, from: withoutRows(rows, plan.digestMethod ?? "text", settings.without ?? []) };
    this.#key = keyColumns(plan, key, (index) => rows.values[index]?.value ?? "");
  }

  /** As `SnapshotReader.isReading`. */
  get isReading(): boolean {
    return this.#isReading;
  }

  digest(): Promise<Digest> {
    return this.#run(() => readDigest(this.#session, this.#method, this.#rows.values, this.#rows.from));
  }

  async countIncompleteKeys(): Promise<number> {
    const isIncomplete = this.#key.map(({ value }) => `(${value}) is null`).join(" or ");
    const [row] = await this.#query<{ count: string }>(
      `select count(*)::text as count from ${this.#where(isIncomplete)}`,
    );
    return Number(row?.count ?? 0);
  }

  async digestRanges(ranges: readonly KeyRange[]): Promise<readonly Digest[]> {
    const { columns, second } = rowHashes(this.#method, this.#rows.values);
    const rows = await this.#query<{ at: number; count: string; sum: string; xor: string }>(
      `select at, ${digestColumns(second)} from (${this.#inRanges(ranges, columns)}) as hashed
       where at is not null group by at`,
    );
    const found = new Map(rows.map(({ at, count, sum, xor }) => [at, { rowCount: Number(count), sum, xor }]));
    return ranges.map((_, index) => found.get(index) ?? { rowCount: 0, sum: "0", xor: "0" });
  }

  async split(ranges: readonly KeyRange[], rowsPerPart: readonly number[]): Promise<readonly (readonly Key[])[]> {
    if (ranges.length === 0) return [];
    const names = this.#key.map((_, index) => `k${index}`);
    const compared = this.#key.map((column, index) => `${comparedSql(column)} as k${index}`).join(", ");
    const rows = await this.#query<{ at: number; key: string }>(
      `select at, ${this.#keyText()} as key from (
         select *, row_number() over (partition by at order by ${names.join(", ")}) - 1 as place
         from (${this.#inRanges(ranges, compared)}) as found where at is not null
       ) as placed
       where place > 0 and place % (array[${rowsPerPart.join(", ")}]::int8[])[at + 1] = 0
       order by at, place`,
    );
    const bounds: Key[][] = ranges.map(() => []);
    for (const { at, key } of rows) {
      const own = bounds[at];
      const bound = readKey(key);
      const before = own?.at(-1) ?? ranges[at]?.from ?? null;
      // A key that many rows share would else bound a range without any.
      if (before === null || !isSameKey(before, bound)) own?.push(bound);
    }
    return bounds;
  }

  async *printRanges(ranges: readonly KeyRange[]): AsyncGenerator<PrintedRange> {
    const name = `millrace_${this.#settings.cursor ?? "prints"}`;
    // A row for each range: a row for each key costs this process seven times as much, most of it to collect what it leaves.
    const sql = `select at, pg_catalog.string_agg(line, E'\\n') as printed
      from (${this.#printsSql(this.#inRanges(ranges, this.#printed()))}) as lines group by at order by at`;
    await this.#query(`declare ${name} no scroll cursor for ${sql}`);
    try {
      let index = 0;
      for (;;) {
        const [row] = await this.#query<{ at: number; printed: string }>(`fetch next from ${name}`);
        for (; index < (row?.at ?? ranges.length); index++) yield "";
        if (!row) break;
        yield row.printed;
        index++;
      }
    } finally {
      await this.#session.query(`close ${name}`).catch(() => {});
    }
  }

  async printKeys(keys: readonly Key[]): Promise<readonly KeyPrint[]> {
    const rows = await this.#query<{ line: string }>(
      this.#printsSql(`select 0 as at, ${this.#printed()} from ${this.#where(isOneOf(this.#key, keys))}`),
    );
    return rows.map(({ line }) => readPrint(line));
  }

  async hashColumns(keys: readonly Key[]): Promise<readonly { key: Key; hashes: readonly string[] }[]> {
    const found: { key: Key; hashes: readonly string[] }[] = [];
    const step = Math.max(1, Math.floor(MAX_COLUMN_HASHES / Math.max(1, this.#rows.values.length)));
    for (let start = 0; start < keys.length; start += step) {
      const sql = this.#columnHashesSql(keys.slice(start, start + step));
      for (const { key, hashes } of await this.#query<{ key: string; hashes: string }>(sql)) {
        found.push({ key: readKey(key), hashes: JSON.parse(hashes) as string[] });
      }
    }
    return found;
  }

  read(keys: readonly Key[]): SourceRead {
    const format = copyFormat(this.#plan.wireFormat);
    const list = this.#rows.values.map(({ value }) => value).join(", ");
    const select = `select ${list} from ${this.#where(isOneOf(this.#key, keys))}`;
    const stream = this.#session.client.query(new CopyOut(`copy (${select}) to stdout (format ${format})`));
    this.#isReading = true;
    stream.once("end", () => (this.#isReading = false));
    const closed = new AbortController();
    stream.once("close", () => closed.abort());
    this.#session.watch(closed.signal);
    return {
      stream: inWireFormat(stream, this.#plan),
      toError: (error) => this.#session.toError(error, formatTableName(this.#plan.sourceTable)),
      rowCount: () => stream.rowCount,
      byteCount: () => stream.byteCount,
    };
  }

  async readValues(keys: readonly Key[]): Promise<readonly { key: Key; values: readonly (string | null)[] }[]> {
    const shown = this.#rows.values.map(({ value }, index) => shownSql(value, this.#plan.columns[index]?.type ?? ""));
    const rows = await this.#query<{ key: string; shown: string }>(
      `select ${this.#ownKeyText()} as key, ${jsonArrayOf(shown)} as shown from ${this.#where(isOneOf(this.#key, keys))}`,
    );
    return rows.map((row) => ({ key: readKey(row.key), values: JSON.parse(row.shown) as (string | null)[] }));
  }

  async countRows(): Promise<number> {
    const [row] = await this.#query<{ count: string }>(`select count(*)::text as count from ${this.#where("true")}`);
    return Number(row?.count ?? 0);
  }

  onlyKeys(): PostgresKeyedReader {
    const { isExact = false } = this.#settings;
    const indexes = this.#key.map(({ name }) => this.#plan.columns.findIndex((column) => column.name === name));
    const columns = indexes.flatMap((index) => this.#plan.columns[index] ?? []);
    const rows = { ...this.#rows, values: indexes.flatMap((index) => this.#rows.values[index] ?? []) };
    const key = this.#key.map(({ name }) => name);
    return new PostgresKeyedReader(this.#session, { ...this.#plan, columns }, key, rows, this.#signal, { isExact });
  }

  withMarked(): PostgresKeyedReader | null {
    const { fromMarked, isExact = false } = this.#settings;
    if (fromMarked === undefined) return null;
    const rows = { ...this.#rows, from: fromMarked };
    const key = this.#key.map(({ name }) => name);
    return new PostgresKeyedReader(this.#session, this.#plan, key, rows, this.#signal, { isExact });
  }

  async close(): Promise<void> {
    await this.#settings.end?.();
  }

  /** The end's rows under a condition in their own columns. A mapping has conditions inside already. */
  #where(condition: string): string {
    return `(select * from ${this.#rows.from}) as own where ${condition}`;
  }

  #inRanges(ranges: readonly KeyRange[], columns: string): string {
    return `select ${rangeIndexSql(this.#key, ranges)} as at, ${columns} from ${this.#where(isInRanges(this.#key, ranges))}`;
  }

  #printed(): string {
    const { columns } = rowHashes(this.#method, this.#rows.values);
    return [...this.#key.map((column, index) => `${comparedSql(column)} as k${index}`), columns].join(", ");
  }

  /** Texts in a JSON array of the server's making, without a space. */
  #keyText(): string {
    return jsonArrayOf(this.#key.map(({ order }, index) => keyTextSql(`k${index}`, order)));
  }

  /** A line of a `PrintedRange` for each key; JSON has neither tabs nor line breaks but as it writes them. */
  #printsSql(hashed: string): string {
    const { second } = rowHashes(this.#method, this.#rows.values);
    const group = ["at", ...this.#key.map((_, index) => `k${index}`)].join(", ");
    return `select at, sum(h)::text || ':' || (${second})::text || E'\\t' || count(*)::text || E'\\t' || ${this.#keyText()} as line
      from (${hashed}) as hashed where at is not null group by ${group} order by ${group}`;
  }

  #ownKeyText(): string {
    return jsonArrayOf(this.#key.map((column) => keyTextSql(comparedSql(column), column.order)));
  }

  #columnHashesSql(keys: readonly Key[]): string {
    const key = this.#ownKeyText();
    const list = this.#rows.values.map((value, index) => `${rowHashes(this.#method, [value]).hash} as c${index}`);
    // Of rows that share a key the hashes add up.
    const sums = list.map((_, index) => `coalesce(sum(c${index}), 0)::text`);
    return `select key, ${jsonArrayOf(sums)} as hashes
      from (select ${[`${key} as key`, ...list].join(", ")} from ${this.#where(isOneOf(this.#key, keys))}) as hashed
      group by key`;
  }

  #query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return this.#run(() => this.#session.query<Row>(sql));
  }

  #run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#session.abortable(this.#signal, work);
  }
}

/** A hash is the sum of a digest of one row. */
function withoutRows({ from, values }: KeyedRows, method: string, without: readonly Digest[]): string {
  if (without.length === 0) return from;
  const hashes = without.map(({ sum }) => sum).join(",");
  const { hash } = rowHashes(method, values);
  return `(select * from ${from}) as own where (${hash}) not in (select pg_catalog.unnest('{${hashes}}'::int8[]))`;
}

/** Keeps an answer about a table of 1,600 columns small. */
const MAX_COLUMN_HASHES = 50_000;

export const keyColumns = (
  { columns, digestMethod }: TablePlan,
  key: readonly string[],
  valueOf: (index: number) => string,
): KeyColumn[] =>
  key.map((name) => {
    const index = columns.findIndex((column) => column.name === name);
    const order = keyOrderOf(columns[index]?.type ?? "text", digestMethod ?? "text");
    return { name, value: valueOf(index), order };
  });

/** A function takes at most 100 arguments, an array any number. */
const jsonArrayOf = (texts: readonly string[]): string =>
  `pg_catalog.array_to_json(array[${texts.join(", ")}]::text[])::text`;
