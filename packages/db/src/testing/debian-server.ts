import { existsSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { sharedServer } from "./shared-servers.ts";
import { asTestServer, type TestServer } from "./test-server.ts";

const MAJOR = 15;
const BIN = `/usr/lib/postgresql/${MAJOR}/bin`;

/**
 * A PostgreSQL 15 from Debian's packages, for what only two major versions can show; null where it is not installed, with a
 * line that says what to install. `REQUIRE_CONNECTORS` with `postgres` in it makes that a failure.
 */
export async function debianServer(): Promise<TestServer | null> {
  if (!existsSync(join(BIN, "postgres"))) {
    const advice = `tests on PostgreSQL ${MAJOR} need the Debian package postgresql-${MAJOR}`;
    const required = process.env["REQUIRE_CONNECTORS"]?.split(",") ?? [];
    if (required.includes("postgres")) throw new ReferenceError(advice);
    process.stderr.write(`skipped: ${advice}\n`);
    return null;
  }
  const binaries = {
    initdb: join(BIN, "initdb"),
    postgres: join(BIN, "postgres"),
    localeArgs: ["--locale", "C.UTF-8"],
  };
  return asTestServer(await sharedServer(inject("testRunDir"), `debian-${MAJOR}`, binaries), MAJOR);
}
