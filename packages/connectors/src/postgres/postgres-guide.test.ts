import { type TestServer, debianServer, testServer } from "@millrace/db/testing";
import { type ConnectionCheck, fillGuideSql, newId } from "@millrace/shared";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { never } from "../testing/test-sessions.ts";
import { postgresConnector } from "./postgres-connector.ts";
import { postgresGuide } from "./postgres-guide.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const PASSWORD = "choose a long password";

/** The SQL of one step, its names filled in. */
function sqlOf(purpose: "read" | "write", step: number, url: string, username: string): string {
  const part = postgresGuide.parts.find((candidate) => candidate.purpose === purpose);
  const database = new URL(url).pathname.slice(1);
  return fillGuideSql(part?.steps[step]?.sql ?? "", postgresGuide, { username, database, schema: "public" });
}

function as(username: string, url: string): string {
  const signedIn = new URL(url);
  signedIn.username = username;
  signedIn.password = encodeURIComponent(PASSWORD);
  return signedIn.href;
}

const checksOf = async (url: string): Promise<Record<string, ConnectionCheck["status"]>> =>
  Object.fromEntries(
    (await postgresConnector.test(postgresConnector.parseUrl(url), { side: "source", signal: never() })).map(
      ({ name, status }) => [name, status],
    ),
  );

describe.each([
  ["this server", testServer],
  ["an older server", debianServer],
])("what the set-up guide grants, on %s", (_name, findServer) => {
  let server: TestServer | null;
  let ends: TwoEnds;
  let urls: { sourceUrl: string; destinationUrl: string };
  const reader = `reader "of" ${newId()}`.slice(0, 60);
  const writer = `writer ${newId()}`;
  const run = () => ({ pipelineId: newId(), runId: newId(), fence: 1 });

  beforeAll(async () => {
    server = await findServer();
    if (!server) return;
    ends = await openTwoEnds(server);
    urls = { sourceUrl: as(reader, ends.sourceUrl), destinationUrl: as(writer, ends.destinationUrl) };
    await ends.source.query("create table public.orders (id int, note text)");
    await ends.source.query("insert into public.orders select n, 'note ' || n from generate_series(1, 50) n");
    // As on a server that was hardened: what the guide does not grant, nobody has.
    for (const [client, url] of [
      [ends.source, ends.sourceUrl],
      [ends.destination, ends.destinationUrl],
    ] as const) {
      await client.query(`revoke all on database "${new URL(url).pathname.slice(1)}" from public`);
      await client.query("revoke all on schema public from public");
    }
    for (const step of [0, 1, 2]) await ends.source.query(sqlOf("read", step, ends.sourceUrl, reader));
    for (const step of [0, 1]) await ends.destination.query(sqlOf("write", step, ends.destinationUrl, writer));
  });
  afterAll(async () => {
    await ends?.close();
  });

  it("is enough to read, to write and to replace what was written, and no check warns of it", async ({ skip }) => {
    if (!server) return skip();
    expect(await checksOf(urls.sourceUrl)).toMatchObject({
      Reading: "passed",
      Writing: "warning",
      Privileges: "passed",
    });
    expect(await checksOf(urls.destinationUrl)).toMatchObject({ Writing: "passed", Privileges: "passed" });
    for (const writeMode of ["replace", "replace", "append"] as const) {
      const outcome = await ends.copy({ table: "public.orders", writeMode, identity: run(), ...urls });
      expect(outcome).toMatchObject({ rowsWritten: 50, proof: { isVerified: true } });
    }
  });

  it("lets a table that was made later be read", async ({ skip }) => {
    if (!server) return skip();
    await ends.source.query("create table public.later as select 1 as id");
    await ends.copy({ table: "public.later", identity: run(), ...urls });
    expect(await ends.difference("public.later")).toEqual([]);
  });

  it("takes one more grant for a table of somebody else's: rights to append, ownership to replace", async ({
    skip,
  }) => {
    if (!server) return skip();
    await ends.source.query("create table public.your_table as select 1 as id");
    await ends.destination.query("create table public.your_table (id int)");
    const copy = { table: "public.your_table", identity: run(), ...urls };
    expect((await ends.failure({ ...copy, writeMode: "append" })).code).toBe("PRIVILEGE_MISSING");
    const [grant = "", own = ""] = sqlOf("write", 2, ends.destinationUrl, writer).split("-- or, to replace it:");
    await ends.destination.query(grant);
    await ends.copy({ ...copy, identity: run(), writeMode: "append" });
    expect((await ends.failure({ ...copy, identity: run() })).code).toBe("PRIVILEGE_MISSING");
    await ends.destination.query(own);
    await ends.copy({ ...copy, identity: run() });
    expect(await ends.difference("public.your_table")).toEqual([]);
  });

  it("gives neither user more than that", async ({ skip }) => {
    if (!server) return skip();
    const attempt = async (url: string, sql: string) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return await client.query(sql).then(
          () => "done",
          (error: { code?: string }) => error.code,
        );
      } finally {
        await client.end();
      }
    };
    for (const [url, sql] of [
      [urls.sourceUrl, "delete from public.orders"],
      [urls.sourceUrl, "create table public.mine ()"],
      [urls.sourceUrl, "create schema mine"],
      [urls.destinationUrl, "create schema mine"],
      [urls.destinationUrl, "create role mine"],
    ] as const) {
      expect([sql, await attempt(url, sql)]).toEqual([sql, "42501"]);
    }
    await ends.destination.query(sqlOf("write", 3, ends.destinationUrl, writer));
    expect(await attempt(urls.destinationUrl, "create schema mine")).toBe("done");
  });
});
