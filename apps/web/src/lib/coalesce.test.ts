import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coalesce } from "./coalesce.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("works at once on the first call and once more for all that came meanwhile", async () => {
  const work = vi.fn(() => Promise.resolve());
  const ask = coalesce(work, 1000);
  for (let call = 0; call < 50; call += 1) ask();
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(2);
});

it("never works twice at once, however long it takes", async () => {
  let running = 0;
  let mostAtOnce = 0;
  const ask = coalesce(async () => {
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    running -= 1;
  }, 1000);
  const timer = setInterval(ask, 100);
  await vi.advanceTimersByTimeAsync(10_000);
  clearInterval(timer);
  expect(mostAtOnce).toBe(1);
});

it("goes on after work that failed", async () => {
  const work = vi.fn(() => Promise.reject(new TypeError("Failed to fetch")));
  const ask = coalesce(work, 1000);
  ask();
  await vi.advanceTimersByTimeAsync(2000);
  ask();
  expect(work).toHaveBeenCalledTimes(2);
});
