import { describe, expect, it, vi } from "vitest";
import { LogMatches, neighbour, placeOf } from "./log-matches.ts";

describe("the lines that a filter finds", () => {
  it("come from the server, and of a log that grew only the new lines are looked through", async () => {
    let lineCount = 10;
    const find = vi.fn((afterSeq: number) =>
      Promise.resolve({
        seqs: Array.from({ length: lineCount }, (_, index) => index + 1).filter(
          (seq) => seq > afterSeq && seq % 3 === 0,
        ),
        throughSeq: lineCount,
      }),
    );
    const matches = new LogMatches(find);
    expect(matches.read().isKnown).toBe(false);
    matches.lookThrough(10);
    matches.lookThrough(10);
    await vi.waitFor(() => expect(matches.read()).toMatchObject({ seqs: [3, 6, 9], isKnown: true }), 30_000);
    lineCount = 16;
    matches.lookThrough(16);
    await vi.waitFor(() => expect(matches.read().seqs).toEqual([3, 6, 9, 12, 15]), 30_000);
    expect(find.mock.calls).toEqual([[0], [10]]);
  });

  it("are known to be none in an empty log", async () => {
    const matches = new LogMatches(() => Promise.resolve({ seqs: [], throughSeq: 0 }));
    matches.lookThrough(0);
    await vi.waitFor(() => expect(matches.read()).toEqual({ seqs: [], isKnown: true, error: null }), 30_000);
  });

  it("say what kept the server from answering", async () => {
    const matches = new LogMatches(() => Promise.reject(new TypeError("Failed to fetch")));
    matches.lookThrough(5);
    await vi.waitFor(() => expect(matches.read().error).toBeInstanceOf(TypeError), 30_000);
  });
});

describe("going from match to match", () => {
  const seqs = [3, 6, 9];

  it("finds the place of a line among them", () => {
    expect([1, 3, 4, 9, 10].map((seq) => placeOf(seqs, seq))).toEqual([0, 0, 1, 2, 3]);
  });

  it("goes on from the line that is selected, and around at the ends", () => {
    expect([undefined, 3, 4, 9, 12].map((seq) => neighbour(seqs, seq, 1))).toEqual([3, 6, 6, 3, 3]);
    expect([undefined, 3, 4, 9, 12].map((seq) => neighbour(seqs, seq, -1))).toEqual([9, 9, 3, 6, 9]);
    expect(neighbour([], 3, 1)).toBeNull();
  });
});
