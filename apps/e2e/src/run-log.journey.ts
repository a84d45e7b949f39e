import { startEmbeddedPostgres } from "@millrace/db/embedded";
import type { Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";
import { makeJourneyDatabase } from "./support/journey-database.ts";

/** More than the browser fetches at once, several times over. */
const LINE_COUNT = 5_000;

let runId: string;

/** A run whose log is long: one that has ended, with lines that nobody would wait for. Every hundredth is a warning that says so. */
test.beforeAll(async ({ browser }) => {
  const { dataDir, sessionFile, url } = theStage();
  const context = await browser.newContext({ storageState: sessionFile, baseURL: url });
  const shop = await makeJourneyDatabase(theStage(), "journeys_log", "create table public.a as select 1 as id");
  const post = async (path: string, data: object): Promise<Record<string, string>> =>
    (await (await context.request.post(path, { data })).json()) as Record<string, string>;
  const { url: _url, ...fields } = shop;
  // Another name each time: this runs again in a new worker after a journey that failed.
  const name = `A long log ${crypto.randomUUID().slice(0, 8)}`;
  const end = await post("/api/data-sources", {
    name,
    connection_type: "postgresql",
    ...fields,
    options: { sslmode: "disable" },
  });
  const pipeline = await post("/api/pipelines", {
    name,
    source_id: end["id"],
    source_table: "public.a",
    destination_id: end["id"],
    destination_table: "public.b",
  });
  runId = (await post(`/api/pipelines/${pipeline["id"]}/trigger`, {}))["run_id"] ?? "";
  await expect
    .poll(async () => ((await (await context.request.get(`/api/runs/${runId}`)).json()) as { status: string }).status)
    .toBe("success");
  await context.close();
  const server = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres") });
  const platform = new Client({
    connectionString: server.superuserUrl(new URL(await server.platformUrl()).pathname.slice(1)),
  });
  await platform.connect();
  await platform.query("delete from run_log_lines where run_id = $1", [runId]);
  await platform.query(
    `insert into run_log_lines (id, organization_id, run_id, seq, at, level, message)
     select gen_random_uuid(), r.organization_id, r.id, n, '2026-11-24T12:00:00Z',
       case when n % 100 = 0 then 'warn' else 'info' end,
       case when n % 100 = 0 then 'Milestone at 100% of ' || n else 'line ' || n || case n when 7 then E' \\x1b[31m' else '' end end
     from pipeline_runs r, generate_series(1, $2::int) n where r.id = $1`,
    [runId, LINE_COUNT],
  );
  await platform.end();
});

const seqsOf = (page: Page): Promise<number[]> =>
  page.locator("[data-seq]").evaluateAll((lines) => lines.map((line) => Number(line.getAttribute("data-seq"))));
const line = (page: Page, seq: number) => page.locator(`[data-seq="${seq}"]`);

test("a long log opens at its end, scrolls to its start and follows again", async ({ page }) => {
  await page.goto(`/runs/${runId}`);
  await page.getByRole("log").scrollIntoViewIfNeeded();
  await expect(line(page, LINE_COUNT)).toBeInViewport();
  expect((await seqsOf(page)).length).toBeLessThan(200);
  const log = page.getByRole("log");
  await log.focus();
  await page.keyboard.press("Home");
  await expect(line(page, 1)).toBeInViewport();
  await expect(page.getByRole("button", { name: "Follow" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Follow" }).click();
  await expect(line(page, LINE_COUNT)).toBeInViewport();
});

test("a link to a line shows that line, and clicking another makes the link to it", async ({ page }) => {
  await page.goto(`/runs/${runId}?line=2345`);
  await expect(line(page, 2345)).toBeInViewport();
  await expect(line(page, 2345)).toHaveAttribute("aria-current", "true");
  await page.getByRole("link", { name: "Line 2347" }).click();
  await expect(page).toHaveURL(/line=2347/);
  await page.reload();
  await expect(line(page, 2347)).toBeInViewport();
  await expect(line(page, 2347)).toHaveAttribute("aria-current", "true");
});

test("a search counts its matches and leads from one to the next, by keyboard alone", async ({ page }) => {
  await page.goto(`/runs/${runId}`);
  const find = page.getByLabel("Find in the log");
  await find.focus();
  await page.keyboard.type("100% OF");
  await expect(page.getByText("50 matches")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByText("1 of 50")).toBeVisible();
  await expect(line(page, 100)).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(line(page, 200)).toBeInViewport();
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await expect(page.getByText("50 of 50")).toBeVisible();
  await expect(line(page, 5000)).toBeInViewport();
  await expect(page).toHaveURL(/find=100%25\+OF.*line=5000/);
  await expectAccessible(page);
  await find.fill("no line says this");
  await expect(page.getByText("No match")).toBeVisible();
});

test("the level leaves just those lines, and stays in the address", async ({ page }) => {
  await page.goto(`/runs/${runId}`);
  await page.getByLabel("Level").selectOption("warn");
  await expect(page.getByText("50 of 5,000 lines")).toBeVisible();
  await page.getByRole("log").scrollIntoViewIfNeeded();
  await expect(line(page, 5000)).toBeInViewport();
  expect((await seqsOf(page)).every((seq) => seq % 100 === 0)).toBe(true);
  await page.reload();
  await expect(page.getByLabel("Level")).toHaveValue("warn");
  await expect(page.getByText("50 of 5,000 lines")).toBeVisible();
  await page.getByLabel("Level").selectOption("error");
  await expect(page.getByText("No line of this level.")).toBeVisible();
});

test.describe("in another zone", () => {
  test.use({ timezoneId: "Asia/Kolkata" });

  test("times are local or UTC, as one likes, and long lines wrap or not", async ({ page }) => {
    await page.goto(`/runs/${runId}`);
    await expect(line(page, LINE_COUNT).locator("time")).toHaveText("17:30:00");
    await page.getByRole("switch", { name: "UTC" }).click();
    await expect(line(page, LINE_COUNT).locator("time")).toHaveText("12:00:00");
    await page.getByRole("switch", { name: "Wrap" }).click();
    await expect(page).toHaveURL(/wrap=off/);
    await expect(page).toHaveURL(/time=utc/);
    await expectAccessible(page);
  });
});

test("the whole log can be downloaded, and nothing in it is obeyed by a terminal", async ({ page }) => {
  await page.goto(`/runs/${runId}?line=7`);
  await expect(line(page, 7)).toContainText(String.raw`line 7 \u001b[31m`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`run-${runId}.log`);
  const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(LINE_COUNT);
  expect(lines[6]).toBe(String.raw`2026-11-24T12:00:00.000Z info  line 7 \u001b[31m`);
  expect(lines.at(-1)).toMatch(/ warn {2}Milestone at 100% of 5000$/);
});
