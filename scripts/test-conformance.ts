/**
 * Runs the conformance suite of the connectors that are named, all of them where none is: `pnpm test:conformance
 * --connectors=postgres,memory`. A system that is named and cannot be reached is a failure, and no skip.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const SUITES = "packages/connectors/src/*/*.conformance.test.ts";

const known = new Map(
  globSync(SUITES, { cwd: root }).map((path) => [/([^/\\]+)\.conformance/.exec(path)?.[1] ?? path, path]),
);
const { values } = parseArgs({ options: { connectors: { type: "string" } } });
const names = values.connectors?.split(",") ?? [...known.keys()];
const unknown = names.filter((name) => !known.has(name));

if (unknown.length > 0) {
  console.error(
    `No connector with a conformance suite: ${unknown.join(", ")}. There is ${[...known.keys()].join(", ")}.`,
  );
  process.exitCode = 2;
} else {
  const files = names.flatMap((name) => known.get(name) ?? []);
  const { status } = spawnSync("vitest", ["run", ...files], {
    cwd: root,
    stdio: "inherit",
    env: values.connectors === undefined ? process.env : { ...process.env, REQUIRE_CONNECTORS: names.join(",") },
  });
  process.exitCode = status ?? 1;
}
