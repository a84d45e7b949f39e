import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { planDisplay } from "./plan-display.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells every five seconds what was found so far of the table that is compared, and nothing afterwards", () => {
  const stream = new PassThrough({ encoding: "utf8" });
  const display = planDisplay(stream);
  const table = { schema: "public", name: "items" };
  display.begin({ source: table, destination: table });
  vi.advanceTimersByTime(4_999);
  expect(stream.read()).toBeNull();
  vi.advanceTimersByTime(1);
  expect(stream.read()).toBe("public.items: comparing, +0 ~0 -0 so far\n");
  display.found({ inserted: 1, updated: 2000, deleted: 3 });
  vi.advanceTimersByTime(5_000);
  expect(stream.read()).toBe("public.items: comparing, +1 ~2,000 -3 so far\n");
  display.end();
  vi.advanceTimersByTime(60_000);
  expect(stream.read()).toBeNull();
});
