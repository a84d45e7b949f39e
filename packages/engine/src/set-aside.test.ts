import { AppError, type ErrorCode } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { WHOLE_TABLE } from "./chunk.ts";
import type { RowRefusal, RowWriter, SourceRow, TablePlan } from "./connector.ts";
import { Quarantine, type QuarantinedRow } from "./quarantine.ts";
import { copyRowByRow } from "./set-aside.ts";

const WINDOW = 1000;
const plan = { columns: [{ name: "id" }] } as unknown as TablePlan;

/** A destination that takes no row whose number is `refused`, names it where `isNamed`, and counts how often it was asked and about how many rows. */
class Refusing implements RowWriter {
  readonly #isRefused: (id: number) => boolean;
  readonly #isNamed: (id: number) => boolean;
  readonly #code: ErrorCode;
  readonly taken: number[] = [];
  attempts = 0;
  rowsTried = 0;

  constructor(isRefused: (id: number) => boolean, isNamed: (id: number) => boolean, code: ErrorCode) {
    this.#isRefused = isRefused;
    this.#isNamed = isNamed;
    this.#code = code;
  }

  async begin() {}
  rowCount = () => this.taken.length;

  async write(rows: readonly Uint8Array[]) {
    const { ids, refusal } = this.#look(rows);
    if (refusal === null) this.taken.push(...ids);
    return refusal;
  }

  async tryOut(rows: readonly Uint8Array[]) {
    return this.#look(rows).refusal;
  }

  /** What is named is seen first, as COPY sees a value before it looks at keys. */
  #look(rows: readonly Uint8Array[]): { ids: number[]; refusal: RowRefusal | null } {
    const ids = rows.map((data) => Number(Buffer.from(data).toString()));
    const at = ids.findIndex((id) => this.#isRefused(id) && this.#isNamed(id));
    this.attempts++;
    this.rowsTried += at < 0 ? ids.length : at + 1;
    if (!ids.some(this.#isRefused)) return { ids, refusal: null };
    const error = new AppError(this.#code, { params: { constraint: "grown" } });
    return { ids, refusal: { error, sqlstate: null, column: null, ...(at >= 0 && { at }) } };
  }
}

interface CopyOptions {
  code?: ErrorCode;
  maxRows?: number;
  isNamed?: (id: number) => boolean;
}

async function copy(
  windows: number,
  isRefused: (id: number) => boolean,
  { code = "CONSTRAINT_VIOLATED", maxRows = windows * WINDOW, isNamed = () => false }: CopyOptions = {},
) {
  const writer = new Refusing(isRefused, isNamed, code);
  const kept: string[] = [];
  const keep = async (rows: readonly QuarantinedRow[]) => void kept.push(...rows.map(({ key }) => key?.["id"] ?? ""));
  const quarantine = new Quarantine({ maxRows }, { begin: async () => {}, keep });
  async function* readRows(): AsyncGenerator<SourceRow[]> {
    for (let at = 0; at < windows; at++) {
      yield Array.from({ length: WINDOW }, (_, index): SourceRow => {
        const id = String(at * WINDOW + index);
        return { data: Buffer.from(id), values: [id], digest: { rowCount: 1, sum: id, xor: id } };
      });
    }
  }
  const tally = { advance: () => {} } as never;
  const result = await copyRowByRow({ readRows, writer }, plan, ["id"], WHOLE_TABLE, quarantine, tally);
  return { writer, kept: kept.map(Number), result };
}

describe("rows that are looked for one by one", () => {
  it.each([
    ["none", () => false],
    ["one", (id: number) => id === 777],
    ["the last of each window", (id: number) => id % WINDOW === WINDOW - 1],
    ["two in three", (id: number) => id % 3 > 0],
    ["all", () => true],
  ])("are all in their order where they belong when %s is refused", async (_name, isRefused) => {
    const { writer, kept, result } = await copy(3, isRefused);
    const ids = Array.from({ length: 3 * WINDOW }, (_, id) => id);
    expect(kept).toEqual(ids.filter(isRefused));
    expect(writer.taken).toEqual(ids.filter((id) => !isRefused(id)));
    expect(result.rowsExpected).toBe(writer.taken.length);
    expect(result.digests.map(({ sum }) => Number(sum))).toEqual(kept);
  });

  it.each([
    ["one", (id: number) => id === 777, () => true],
    ["one in ten", (id: number) => id % 10 === 3, () => true],
    ["one in twenty", (id: number) => id % 20 === 3, () => true],
    ["a block", (id: number) => id > 300 && id <= 1700, () => true],
    ["all", () => true, () => true],
    ["two in seven, one of them without a name,", (id: number) => id % 7 < 2, (id: number) => id % 7 === 0],
  ])(
    "are left out by their names and all arrive where they belong when %s is refused",
    async (_name, isRefused, isNamed) => {
      const { writer, kept, result } = await copy(3, isRefused, { isNamed });
      const ids = Array.from({ length: 3 * WINDOW }, (_, id) => id);
      expect(kept.toSorted((a, b) => a - b)).toEqual(ids.filter(isRefused));
      expect(writer.taken).toEqual(ids.filter((id) => !isRefused(id)));
      expect(result.rowsExpected).toBe(writer.taken.length);
      if (ids.some((id) => isRefused(id) && !isNamed(id))) return;
      // One trial for each row at fault, two writes of each window, and trials of what is behind the last one; of each row two looks.
      expect(writer.attempts).toBeLessThanOrEqual(kept.length + 3 * 6);
      expect(writer.rowsTried).toBeLessThanOrEqual(2 * 3 * WINDOW);
    },
  );

  it("are written about once where most of them are refused", async () => {
    const { writer } = await copy(10, () => true);
    expect(writer.attempts).toBeLessThan(10 * WINDOW * 1.25);
  });

  it.each([
    ["all by a trigger", "DESTINATION_REFUSED", () => true, "DESTINATION_REFUSED"],
    ["all but one by a trigger", "DESTINATION_REFUSED", (id: number) => id !== 999, "ERROR_BUDGET_EXCEEDED"],
    ["all by a constraint", "CONSTRAINT_VIOLATED", () => true, "ERROR_BUDGET_EXCEEDED"],
  ] as const)("fail the run once the budget is spent: refused %s as %s", async (_what, code, isRefused, expected) => {
    await expect(copy(1, isRefused, { code, maxRows: 10 })).rejects.toMatchObject({ code: expected });
  });

  it("are found without trying what has to hold them", async () => {
    const { writer } = await copy(1, (id) => id === WINDOW - 1);
    // The window, then each first half, and the row itself: nothing that must be refused is tried on the way.
    expect(writer.attempts).toBeLessThan(15);
  });
});
