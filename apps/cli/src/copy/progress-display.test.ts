import { Writable } from "node:stream";
import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { progressDisplay } from "./progress-display.ts";

const task = {
  source: { schema: "public", name: "orders\u001b[2J" },
  destination: { schema: "public", name: "orders" },
};
const failed = {
  task,
  outcome: null,
  error: new AppError("RUN_CANCELLED"),
  found: null,
  rowsRead: 1,
  bytes: 1,
  durationMs: 1,
};

/** What a display writes for a table that begins, is half through, warns and ends. */
function written(isTTY: boolean): string {
  let text = "";
  const write = (chunk: Buffer, _: string, done: () => void) => {
    text += chunk.toString();
    done();
  };
  const stream = Object.assign(new Writable({ write }), { isTTY, columns: 200, rows: 50 });
  const display = progressDisplay(stream as unknown as NodeJS.WriteStream, 2);
  display.begin(task);
  display.progress(task, { stage: "copy", rows: 2500, bytes: 1_500_000, rowsPerSecond: 50_000, totalRows: 5000 });
  display.warn(task, "left out\nan index");
  display.end(failed);
  display.stop();
  return text;
}

describe("the progress of a copy", () => {
  it("is plain lines where nobody watches", () => {
    expect(written(false)).toBe(
      "public.orders\\u{1b}[2J: started\npublic.orders\\u{1b}[2J: warning: left out\\u{a}an index\npublic.orders\\u{1b}[2J: cancelled\n",
    );
  });

  it("is bars on a terminal, which are gone at the end, and warnings stay", () => {
    const text = written(true);
    expect(text).toContain("public.orders\\u{1b}[2J: warning: left out\\u{a}an index\n");
    expect(text).toContain("of 2 tables");
    expect(text).not.toContain("orders\u001b");
    // The cursor is hidden while bars are drawn, and comes back.
    expect(text.lastIndexOf("\u001b[?25h")).toBeGreaterThan(text.lastIndexOf("\u001b[?25l"));
  });
});
