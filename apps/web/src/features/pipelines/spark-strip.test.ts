import { expect, it } from "vitest";
import { describe } from "./spark-strip.tsx";

it("the strip says in words what it shows", () => {
  expect(describe([])).toBe("No runs yet");
  expect(describe(["failed"])).toBe("Last run: 1 failed");
  expect(describe(["running", "success", "failed", "success"])).toBe("Last 4 runs: 2 succeeded, 1 failed, 1 running");
});
