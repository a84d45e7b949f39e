import { AppError } from "@millrace/shared";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepStreamOpen, type StreamObserver, type StreamState } from "./keep-stream-open.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server's end of streams: each opening is an observer to speak to. As tRPC does, it completes what is unsubscribed. */
function stage() {
  const openings: StreamObserver<string>[] = [];
  const states: StreamState[] = [];
  const events: string[] = [];
  const onTrouble = vi.fn();
  const leave = keepStreamOpen<string>({
    open: (observer) => {
      openings.push(observer);
      return { unsubscribe: () => observer.onComplete() };
    },
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    onTrouble,
  });
  const last = () => {
    const observer = openings.at(-1);
    if (!observer) throw new TypeError("nothing was opened");
    return observer;
  };
  return { openings, states, events, onTrouble, leave, last };
}

const lost = new TypeError("Failed to fetch");

describe("a stream that is kept open", () => {
  it("hands events on and says when it is live", () => {
    const { last, states, events } = stage();
    last().onConnectionStateChange({ state: "connecting", error: null });
    last().onConnectionStateChange({ state: "pending", error: null });
    last().onData("one");
    expect(events).toEqual(["one"]);
    expect(states).toEqual(["opening", "live"]);
  });

  it("leaves a dropped connection to the browser and says so", () => {
    const { last, states, openings } = stage();
    last().onConnectionStateChange({ state: "pending", error: null });
    last().onConnectionStateChange({ state: "connecting", error: lost });
    last().onConnectionStateChange({ state: "pending", error: null });
    expect(states).toEqual(["opening", "live", "reconnecting", "live"]);
    expect(openings).toHaveLength(1);
  });

  it("opens again what the browser gave up on, after pauses that grow to 15 seconds", async () => {
    const { last, openings, onTrouble } = stage();
    for (const pauseMs of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
      const before = openings.length;
      last().onError(lost);
      await vi.advanceTimersByTimeAsync(pauseMs - 1);
      expect(openings).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(openings).toHaveLength(before + 1);
    }
    expect(onTrouble).toHaveBeenCalledTimes(6);
  });

  it("begins with the short pause again once an event has come", async () => {
    const { last, openings } = stage();
    last().onError(lost);
    await vi.advanceTimersByTimeAsync(1000);
    last().onError(lost);
    await vi.advanceTimersByTimeAsync(2000);
    last().onData("one");
    last().onError(lost);
    await vi.advanceTimersByTimeAsync(1000);
    expect(openings).toHaveLength(4);
  });

  it("ends when the server has said all", async () => {
    const { last, states, openings } = stage();
    last().onComplete();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe("ended");
    expect(openings).toHaveLength(1);
  });

  it.each([new AppError("RUN_NOT_FOUND"), new AppError("UNAUTHENTICATED")])("gives up on $code", async (error) => {
    const { last, states, openings } = stage();
    last().onError(error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe("refused");
    expect(openings).toHaveLength(1);
  });

  it("has the session looked after when it is the session that ended", () => {
    const { last, onTrouble } = stage();
    last().onError(new AppError("UNAUTHENTICATED"));
    expect(onTrouble).toHaveBeenCalledTimes(1);
  });
});

describe("a stream that was left", () => {
  it("counts as left and not as ended", () => {
    const { leave, states } = stage();
    leave();
    expect(states).toEqual(["opening"]);
  });

  it("calls nothing back and is not opened again", async () => {
    const { last, leave, openings, events, states } = stage();
    last().onError(lost);
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    last().onData("late");
    last().onError(lost);
    expect(openings).toHaveLength(1);
    expect(events).toEqual([]);
    expect(states).toEqual(["opening", "reconnecting"]);
  });
});
