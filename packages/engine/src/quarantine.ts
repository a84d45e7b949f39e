import { AppError, type ErrorBudget, type ErrorCode, MAX_QUARANTINED_ROWS } from "@millrace/shared";
import type { RowRefusal, SourceRow, TablePlan } from "./connector.ts";
import { failpoint } from "./failpoints.ts";

/** A row that the destination has refused alone, for what it holds. */
export interface QuarantinedRow {
  readonly code: ErrorCode;
  /** The destination's own code. */
  readonly sqlstate: string | null;
  /** Null where the refusal speaks of no column, or of the row as a whole. */
  readonly column: string | null;
  /** One sentence without values. */
  readonly reason: string;
  /** The columns of the source's primary key with their values; null without a key, or where the plan leaves part of it out. */
  readonly key: Readonly<Record<string, string | null>> | null;
  /** The row as the source's own text for each column of the plan; null where it is too large to be kept. */
  readonly values: Readonly<Record<string, string | null>> | null;
}

/** Where rows go that were set aside. */
export interface QuarantineSink {
  /** Forgets what an earlier claim of the run has set aside: every chunk with such rows is copied again. */
  begin(): Promise<void>;
  /** Resolves once the rows are kept for good. A chunk is committed only after that, so that no row is in neither place. */
  keep(rows: readonly QuarantinedRow[]): Promise<void>;
}

/** What a run may set aside, and what it has. Lanes that copy at once share it. */
export class Quarantine {
  readonly #budget: ErrorBudget;
  readonly #sink: QuarantineSink | undefined;
  readonly #counts = new Map<string, number>();
  #first: QuarantinedRow | undefined;
  #count = 0;

  constructor(budget: ErrorBudget, sink: QuarantineSink | undefined) {
    this.#budget = budget;
    this.#sink = sink;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether the first refused row fails the run. */
  get isClosed(): boolean {
    const { maxRows = 0, maxPercent = 0 } = this.#budget;
    return maxRows === 0 && maxPercent === 0;
  }

  /** Also where nothing may be set aside by now: an earlier claim of the run may have been allowed to. */
  async begin(): Promise<void> {
    await this.#sink?.begin();
  }

  /** How many more rows may be set aside, as far as that can be told before all is read. */
  get room(): number {
    return this.#limit - this.#count;
  }

  get #limit(): number {
    const { maxRows, maxPercent } = this.#budget;
    return Math.min(maxRows ?? (maxPercent === undefined ? 0 : Infinity), MAX_QUARANTINED_ROWS);
  }

  /** How many more rows may be set aside once all are read. */
  roomOf(rowsRead: number): number {
    return Math.max(0, Math.min(this.room, Math.floor(this.#share(rowsRead)) - this.#count));
  }

  #share(rowsRead: number): number {
    const { maxPercent } = this.#budget;
    return maxPercent === undefined ? Infinity : (rowsRead * maxPercent) / 100;
  }

  /**
   * Throws the row's own fault where nothing may be set aside, else `ERROR_BUDGET_EXCEEDED`. A trigger that takes no row at all
   * (`isNoneTaken`: not one of all that were tried so far) speaks of none of them, so what it says is thrown in its place.
   */
  async keep(rows: readonly QuarantinedRow[], refusals: readonly AppError[], isNoneTaken = false): Promise<void> {
    this.#first ??= rows[0];
    this.#count += rows.length;
    const [first] = refusals;
    if (this.isClosed && first && rows[0]) throw ofRow(first, rows[0]);
    if (this.#count > this.#limit) {
      const isOfTrigger = refusals.every(({ code }) => code === "DESTINATION_REFUSED");
      throw first && isNoneTaken && isOfTrigger ? first : this.#exceeded();
    }
    for (const { code, column } of rows) {
      const what = column === null ? code : `${code} in column ${column}`;
      this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    }
    await failpoint("before-quarantine-keep");
    await this.#sink?.keep(rows);
    await failpoint("after-quarantine-keep");
  }

  /** A share can be told only when all is read. Throws `ERROR_BUDGET_EXCEEDED`. */
  assertWithin(rowsRead: number): void {
    if (this.#count > this.#share(rowsRead)) throw this.#exceeded();
  }

  /** What was set aside, by code and column, for the log. */
  summary(): string {
    return [...this.#counts].map(([what, count]) => `${count} ${what}`).join(", ");
  }

  #exceeded(): AppError {
    const { maxRows, maxPercent } = this.#budget;
    const isCapped = this.#count > MAX_QUARANTINED_ROWS;
    const parts = [
      maxRows === undefined ? [] : `${maxRows} rows`,
      maxPercent === undefined ? [] : `${maxPercent} per cent`,
    ];
    return new AppError("ERROR_BUDGET_EXCEEDED", {
      params: {
        side: "destination",
        seen: this.#count,
        budget: isCapped ? `${MAX_QUARANTINED_ROWS} rows` : parts.flat().join(" and "),
        otherwise: isCapped ? ": no run sets more of them aside, whatever its budget" : ", or raise the budget",
        first: this.#first === undefined ? "a row" : describeRow(this.#first),
      },
    });
  }
}

/** The row by its key, with what is wrong with it: names, a key and a code. */
export function describeRow({ key, column, code, sqlstate }: QuarantinedRow): string {
  const where = key === null ? "a row of a table without a key" : `the row with ${formatKey(key)}`;
  return `${where}${column === null ? "" : `, column ${column}`}, ${code}${sqlstate === null ? "" : ` (${sqlstate})`}`;
}

/** A key that is a text may be long. */
const MAX_KEY_TEXT = 60;

/** `id = 7, region = eu`. */
export const formatKey = (key: Readonly<Record<string, string | null>>): string =>
  Object.entries(key)
    .map(([name, value]) => `${name} = ${(value ?? "null").slice(0, MAX_KEY_TEXT)}`)
    .join(", ");

const ofRow = ({ code, params, cause }: AppError, { key, column }: QuarantinedRow): AppError =>
  new AppError(code, {
    params: { ...params, ...(column === null ? {} : { column }), ...(key === null ? {} : { row: formatKey(key) }) },
    cause,
  });

export function quarantined(
  { columns }: TablePlan,
  primaryKey: readonly string[],
  { values }: Pick<SourceRow, "values">,
  { error, sqlstate, column }: RowRefusal,
): QuarantinedRow {
  const named = values === null ? null : Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? null]));
  const hasKey = named !== null && primaryKey.length > 0 && primaryKey.every((name) => Object.hasOwn(named, name));
  const key = hasKey ? Object.fromEntries(primaryKey.map((name) => [name, named[name] ?? null])) : null;
  return { code: error.code, sqlstate, column, reason: error.message, key, values: named };
}
