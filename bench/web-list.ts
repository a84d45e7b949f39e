/**
 * Scrolls, filters, searches and sorts the list of ten thousand pipelines in Chromium and prints for how long scripts held up the
 * browser in one go: `node bench/web-list.ts`. It starts the product on an empty data directory and removes that
 * afterwards; the web app must have been built. Times are those of the
 * browser's main thread on the processor, so that whatever else the machine does counts for little. Nothing is asserted.
 */
import { chromium, type Page } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath, INSTALL_HINT } from "../apps/e2e/src/support/chromium.ts";
import { traceMainThread } from "./web/main-thread.ts";
import { startBenchProduct } from "./web/product.ts";

const PORT = 5299;
const PIPELINE_COUNT = 10_000;
const RUNS_OF_EACH = 12;
const executablePath = chromiumPath();
if (executablePath === null) {
  process.stdout.write(`${INSTALL_HINT}\n`);
  process.exit(0);
}

const product = await startBenchProduct(PORT);
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] });
try {
  await fill();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: product.url });
  await context.addCookies([{ ...product.cookie, url: product.url }]);
  const page = await context.newPage();
  process.stdout.write(`${PIPELINE_COUNT} pipelines, ${PIPELINE_COUNT * RUNS_OF_EACH} runs, 1440 x 900\n\n`);
  process.stdout.write("                                      longest in one task (ms)   tasks with\n");
  process.stdout.write("                                        scripts   everything     scripts > 50 ms\n");
  await measure(page, "open the list", async () => {
    await page.goto("/pipelines");
    await rows(page).nth(5).waitFor();
  });
  await measure(page, "scroll through 5,000 rows", async () => {
    for (let step = 0; step < 250; step += 1) {
      await page.mouse.move(700, 500);
      await page.mouse.wheel(0, 1200);
      await nextFrame(page);
    }
  });
  await measure(page, "jump to the top", async () => {
    await page.keyboard.press("Home");
    await nextFrame(page);
    await nextFrame(page);
  });
  await measure(page, "filter by state", async () => {
    await page.getByRole("button", { name: /^Failed/ }).click();
    await page.waitForURL(/status=failed/);
    await nextFrame(page);
    await page.getByRole("button", { name: /^All/ }).click();
    await nextFrame(page);
  });
  await measure(page, "search as one types", async () => {
    await page.getByLabel("Search pipelines").pressSequentially("pipeline 99", { delay: 60 });
    await page.waitForURL(/search=pipeline\+99/);
    await rows(page).filter({ hasText: "pipeline 99" }).first().waitFor();
  });
  await measure(page, "sort by name", async () => {
    await page.getByRole("columnheader", { name: "Pipeline" }).getByRole("button").click();
    await page.waitForURL(/sort=name/);
    await nextFrame(page);
  });
  await measure(page, "select all that are loaded", async () => {
    await page.getByRole("checkbox", { name: "Select all that are loaded" }).click();
    await nextFrame(page);
  });
} finally {
  await browser.close();
  await product[Symbol.asyncDispose]();
}

function rows(page: Page) {
  return page.getByRole("table", { name: "Pipelines" }).getByRole("row");
}

function nextFrame(page: Page): Promise<unknown> {
  return page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))");
}

async function measure(page: Page, what: string, act: () => Promise<void>): Promise<void> {
  const { longestScriptMs, longestTaskMs, slowTaskCount } = await traceMainThread(page, async () => {
    await act();
    // What was asked for last still arrives.
    await page.waitForLoadState("networkidle").catch(() => undefined);
  });
  const figures = [longestScriptMs, longestTaskMs].map((ms) => ms.toFixed(1).padStart(12)).join("");
  process.stdout.write(`${what.padEnd(36)}${figures}${String(slowTaskCount).padStart(14)}\n`);
}

/** As the product itself would have them, only faster. */
async function fill(): Promise<void> {
  const { platform: client } = product;
  await client.query(
    `insert into pipelines (id, organization_id, name, source_id, source_table, destination_id, destination_table, schedule, status, is_enabled,
       last_run_at, next_run_at, created_by)
     select gen_random_uuid(), p.organization_id, 'pipeline ' || n, p.source_id, 'public.orders', p.destination_id, 'public.orders',
       (array['0 * * * *', '30 6 * * 1-5', null])[1 + n % 3], (array['active', 'failed', 'inactive', 'active'])[1 + n % 4], false,
       now() - n * interval '1 min', now() + n * interval '1 h', p.created_by
     from (select * from pipelines limit 1) p, generate_series(1, $1::int) n`,
    [PIPELINE_COUNT],
  );
  await client.query(
    `insert into pipeline_runs (id, organization_id, pipeline_id, status, trigger, start_time, end_time, records_processed)
     select gen_random_uuid(), organization_id, id, case n % 7 when 0 then 'failed' else 'success' end, 'schedule', now(), now(), n
     from pipelines, generate_series(1, $1::int) n where name like 'pipeline %'`,
    [RUNS_OF_EACH],
  );
  await client.query("analyze");
}
