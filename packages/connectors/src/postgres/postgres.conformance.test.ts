import { debianServer, testServer } from "@millrace/db/testing";
import { afterAll, describe } from "vitest";
import { destinationConformance, sourceConformance } from "../conformance/index.ts";
import { postgresHarness } from "./testing/postgres-harness.ts";

/** Two major versions: the one that the product brings, and the oldest that Debian still has. */
const embedded = await testServer();
const older = await debianServer();

for (const server of [embedded, older]) {
  const harness = postgresHarness(server?.major ?? 15, Promise.resolve(server));
  describe.skipIf(server === null)(harness.title, () => {
    afterAll(() => harness.close());
    sourceConformance(harness);
    destinationConformance(harness);
  });
}
