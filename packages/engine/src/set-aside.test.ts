import { AppError, type ErrorCode } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { WHOLE_TABLE } from "./chunk.ts";
import type { RowWriter, SourceRow, TablePlan } from "./connector.ts";
import { Quarantine, type QuarantinedRow } from "./quarantine.ts";
import { copyRowByRow } from "./set-aside.ts";

const WINDOW = 1000;
const plan = { columns: [{ name: "id" }] } as unknown as TablePlan;

/** A destination that takes no row whose number is `refused`, and counts how often it was asked. */
class Refusing implements RowWriter {
  readonly #isRefused: (id: number) => boolean;
  readonly #code: ErrorCode;
  readonly taken: number[] = [];
  attempts = 0;

  constructor(isRefused: (id: number) => boolean, code: ErrorCode) {
    this.#isRefused = isRefused;
    this.#code = code;
  }

  async begin() {}
  rowCount = () => this.taken.length;

  async write(rows: readonly Uint8Array[]) {
    this.attempts++;
    const ids = rows.map((data) => Number(Buffer.from(data).toString()));
    if (ids.some(this.#isRefused)) {
      return {
        error: new AppError(this.#code, { params: { constraint: "grown" } }),
        sqlstate: null,
        column: null,
      };
    }
    this.taken.push(...ids);
    return null;
  }
}

async function copy(
  windows: number,
  isRefused: (id: number) => boolean,
  { code = "CONSTRAINT_VIOLATED", maxRows = windows * WINDOW }: { code?: ErrorCode; maxRows?: number } = {},
) {
  const writer = new Refusing(isRefused, code);
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
