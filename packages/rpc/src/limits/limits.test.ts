import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { AttemptLimiter } from "./attempt-limiter.ts";
import { StreamLimiter } from "./stream-limiter.ts";

function limiter(options: { attempts?: number; maxKeys?: number } = {}) {
  let now = 1_000_000;
  const clock = { now: () => new Date(now) };
  const limit = new AttemptLimiter({ attempts: 5, windowMs: 60_000, clock, ...options });
  return { limit, pass: (ms: number) => (now += ms) };
}

const secondsOf = (attempt: () => void): unknown => {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof AppError && error.code === "RATE_LIMITED" ? error.params["seconds"] : error;
  }
};

describe("a limit on attempts", () => {
  it("refuses the sixth within the window and says how long to wait", () => {
    const { limit, pass } = limiter();
    for (let count = 0; count < 5; count += 1) limit.take("a");
    pass(20_000);
    expect(secondsOf(() => limit.take("a"))).toBe(40);
  });

  it("frees a place as the window moves on, whatever was refused in between", () => {
    const { limit, pass } = limiter();
    for (let count = 0; count < 5; count += 1) limit.take("a");
    for (let count = 0; count < 1_000; count += 1) secondsOf(() => limit.take("a"));
    pass(60_001);
    expect(secondsOf(() => limit.take("a"))).toBeNull();
  });

  it("counts each key by itself", () => {
    const { limit } = limiter({ attempts: 1 });
    limit.take("a");
    expect(secondsOf(() => limit.take("b"))).toBeNull();
  });

  it("gives back what turned out to be no attempt, and forgets a key", () => {
    const { limit } = limiter({ attempts: 1 });
    limit.take("a");
    limit.giveBack("a");
    limit.take("a");
    limit.forget("a");
    expect(secondsOf(() => limit.take("a"))).toBeNull();
  });

  it("remembers a bounded number of keys, those in use longest", () => {
    const { limit } = limiter({ attempts: 2, maxKeys: 3 });
    limit.take("attacker");
    for (let count = 0; count < 10; count += 1) {
      limit.take(`name ${count}`);
      if (count === 1) limit.take("attacker");
    }
    expect(secondsOf(() => limit.take("name 9"))).toBeNull();
    expect(secondsOf(() => limit.take("attacker"))).toBeNull();
  });
});

describe("a limit on streams", () => {
  it("refuses one too many for a user, and takes another once one is closed", () => {
    const streams = new StreamLimiter(2);
    const close = streams.open("ada");
    streams.open("ada");
    expect(() => streams.open("ada")).toThrow(AppError);
    streams.open("grace");
    close();
    close();
    streams.open("ada");
    expect(() => streams.open("ada")).toThrow(AppError);
  });
});
