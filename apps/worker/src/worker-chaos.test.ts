import { testDatabase, testServer } from "@millrace/db/testing";
import { expect, test } from "vitest";
import { runChaos } from "./testing/chaos.ts";
import { chaosSchedule } from "./testing/chaos-schedule.ts";

/** faults.md 1, 2, 4 and 5, at random instants. `pnpm chaos` does it for longer, and crashes the servers as well. */
test("nothing is lost, doubled, stuck or left behind, whatever is killed", { timeout: 400_000 }, async () => {
  const [platform, server] = await Promise.all([testDatabase(), testServer()]);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const events: string[] = [`seed ${seed}`];
  const report = await runChaos({
    platformUrl: platform.url,
    source: { url: await server.createDatabase("chaos_source") },
    destination: { url: await server.createDatabase("chaos_destination") },
    kills: 5,
    seed,
    targets: ["worker", "run-process", "source-backend", "destination-backend"],
    rowCount: 10_000,
    onEvent: (line) => events.push(line),
  });
  expect(report.faults, events.join("\n")).toEqual([]);
  expect(report.runs["success"], events.join("\n")).toBeGreaterThanOrEqual(3);
});

test("a seed replays its schedule, and another one has another", () => {
  const schedule = chaosSchedule(7, 20, ["worker", "source-backend"]);
  expect(chaosSchedule(7, 20, ["worker", "source-backend"])).toEqual(schedule);
  expect(chaosSchedule(8, 20, ["worker", "source-backend"])).not.toEqual(schedule);
});
