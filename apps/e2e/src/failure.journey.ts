import type { APIRequestContext, Page } from "@playwright/test";
import { Client } from "pg";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";
import { type JourneyDatabase, makeJourneyDatabase } from "./support/journey-database.ts";

/** A shop whose notes are longer than what the warehouse beside it has room for. */
const SHOP = `
  create table public.notes (id int primary key, note text not null);
  insert into public.notes select n, 'a note of some length, number ' || n from generate_series(1, 50) n;
  create table public.narrow (id int primary key, note varchar(3) not null);
  create table public.soon_gone as select id from public.notes;`;

let shop: JourneyDatabase;
test.beforeAll(async () => {
  shop = await makeJourneyDatabase(theStage(), "journeys_failing", SHOP);
});

async function post(request: APIRequestContext, path: string, data: object): Promise<string> {
  const response = await request.post(path, { data });
  expect(response.status(), await response.text()).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** A data source on the shop, with what is said differently. */
const register = (request: APIRequestContext, name: string, changes: object = {}) => {
  const { url: _url, ...fields } = shop;
  return post(request, "/api/data-sources", {
    name: `${name} ${crypto.randomUUID().slice(0, 8)}`,
    connection_type: "postgresql",
    ...fields,
    options: { sslmode: "disable" },
    ...changes,
  });
};

interface Failing {
  readonly name: string;
  readonly source?: object;
  readonly destination?: object;
  readonly from?: string;
  readonly to?: string;
  readonly mode?: "replace" | "append";
}

/** Makes the pipeline, runs it from its page and waits for its failure. */
async function runFailing(page: Page, { name, source, destination, from, to, mode = "replace" }: Failing) {
  const { request } = page.context();
  const id = await post(request, "/api/pipelines", {
    name: `${name} ${crypto.randomUUID().slice(0, 8)}`,
    source_id: await register(request, `${name}: source`, source),
    source_table: from ?? "public.notes",
    destination_id: await register(request, `${name}: destination`, destination),
    destination_table: to ?? "public.arrived",
    write_mode: mode,
  });
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  const failure = page.getByRole("region", { name: "Failure" });
  await expect(failure).toBeVisible({ timeout: 45_000 });
  return failure;
}

interface Case extends Failing {
  readonly sentence: string;
  readonly side: "Source" | "Destination";
  readonly code: string;
  readonly hint: string;
  readonly stage: "Plan" | "Copy";
}

const CASES: readonly Case[] = [
  {
    name: "A wrong password",
    source: { password: "not the one" },
    sentence: "The source did not accept the user name and the password",
    side: "Source",
    code: "AUTHENTICATION_FAILED",
    hint: "Check user name and password of the data source.",
    stage: "Plan",
  },
  {
    name: "A host that nobody knows",
    destination: { host: "no-such-host.invalid" },
    sentence: "The host name of the destination cannot be resolved",
    side: "Destination",
    code: "HOST_NOT_FOUND",
    hint: "Check the spelling of the host, and that this machine's DNS knows it.",
    stage: "Plan",
  },
  {
    name: "A host that does not listen",
    source: { port: 1 },
    sentence: "The source refused the connection",
    side: "Source",
    code: "CONNECTION_REFUSED",
    hint: "Check host and port, that the server is running, and that a firewall lets this machine through.",
    stage: "Plan",
  },
  {
    name: "A table that is not there",
    from: "public.no_such_table",
    sentence: "The source has no table public.no_such_table",
    side: "Source",
    code: "SOURCE_TABLE_MISSING",
    hint: "Check schema and name, upper and lower case included, and that the user may see it.",
    stage: "Plan",
  },
  {
    name: "A destination column that is too narrow",
    to: "public.narrow",
    mode: "append",
    sentence: "A value does not fit the destination column note (the row with id = 1)",
    side: "Destination",
    code: "VALUE_OUT_OF_RANGE",
    hint: "Widen the type of the destination column.",
    stage: "Copy",
  },
];

for (const expected of CASES) {
  test(`${expected.name.toLowerCase()}: the page says what, where, why and what to do`, async ({ page }) => {
    const failure = await runFailing(page, expected);
    await expect(failure.getByRole("heading")).toHaveText(expected.sentence);
    await expect(failure.getByText(expected.hint, { exact: true })).toBeVisible();
    await expect(failure.getByText(`Where to look: ${expected.side}`)).toBeVisible();
    await expect(failure.getByText(`Stage: ${expected.stage}`)).toBeVisible();
    await expect(failure.getByText(expected.code, { exact: true })).toBeVisible();
    await expect(page.getByRole("list", { name: "Stages" }).getByText(": stopped here")).toBeAttached();
    await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
    await expect(page.getByText(/unknown error/i)).toHaveCount(0);
  });
}

test("a table that is dropped is missed by the next run, and its return mends it", async ({ page }) => {
  const failing: Failing = { name: "A table that goes", from: "public.soon_gone", to: "public.arrived_gone" };
  const { url: connectionString } = shop;
  const owner = new Client({ connectionString });
  await owner.connect();
  await owner.query("drop table if exists public.soon_gone");
  const failure = await runFailing(page, failing);
  await expect(failure.getByRole("heading")).toHaveText("The source has no table public.soon_gone");
  await owner.query("create table public.soon_gone as select id from public.notes");
  await owner.end();
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText("Started as a retry")).toBeVisible();
  await expect(page.getByRole("region", { name: "Verification" }).getByText("Verified", { exact: true })).toBeVisible();
});

test("a failure can be found in the log, copied and read by everybody", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const failure = await runFailing(page, { name: "To copy", from: "public.no_such_table" });
  await expectAccessible(page);
  await failure.getByRole("button", { name: "Copy details" }).click();
  const copied = await page.evaluate<string>("navigator.clipboard.readText()");
  expect(copied).toContain("SOURCE_TABLE_MISSING (source, in the stage plan)");
  expect(copied).toContain(new URL(page.url()).pathname.split("/").at(-1));
  await failure.getByRole("button", { name: "Show in the log" }).click();
  await expect(page).toHaveURL(/level=error/);
  await expect(page.getByRole("log").getByText("The source has no table public.no_such_table")).toBeInViewport();
});
