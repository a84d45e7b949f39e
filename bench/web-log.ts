/**
 * How a log of many lines feels in the browser: `node bench/web-log.ts [--lines 100000] [--port 5299]`. The real product, a run with
 * that many lines, Chromium; what the page's main thread spends in scripts is printed, task by task at its worst.
 * Needs the built web app and an installed Chromium.
 */
import { parseArgs } from "node:util";
import { chromium, type Page } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath } from "@millrace/e2e/chromium";
import type { Client } from "pg";
import { type MainThread, SLOW_SCRIPT_MS, traceMainThread } from "./web/main-thread.ts";
import { startBenchProduct } from "./web/product.ts";

const { values } = parseArgs({
  options: { lines: { type: "string", default: "100000" }, port: { type: "string", default: "5299" } },
});
const lineCount = Number(values.lines);
const executablePath = chromiumPath();

await using product = await startBenchProduct(Number(values.port));
const runId = await fillLog(product.platform, lineCount);
const browser = await chromium.launch({ args: [...CHROMIUM_ARGS], ...(executablePath && { executablePath }) });
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "no-preference" });
  await context.addCookies([{ ...product.cookie, url: product.url }]);
  const page = await context.newPage();
  console.log(
    `${lineCount.toLocaleString("en-US")} lines; scripts of one task in ms, those over ${SLOW_SCRIPT_MS} counted\n`,
  );
  await measured(page, "first load, at the end", async () => {
    await page.goto(`${product.url}/runs/${runId}`);
    await page.locator(`[data-seq="${lineCount}"]`).waitFor();
  });
  const log = page.getByRole("log");
  await log.hover();
  await measured(page, "wheel up, 200 turns", () => wheel(page, 200, -600));
  await measured(page, "to the very start", () => scrollTo(page, 0));
  await measured(page, "wheel down, 200 turns", () => wheel(page, 200, 600));
  await measured(page, "to the middle", () => scrollTo(page, 0.5));
  await measured(page, "level: warnings and errors", async () => {
    await page.getByLabel("Level").selectOption("warn");
    await page.getByText(/ of [\d,]+ lines/).waitFor();
    await page.locator("[data-seq]").first().waitFor();
  });
  await measured(page, "wheel up in the filtered log", () => wheel(page, 100, -600));
  await measured(page, "level: all lines", async () => {
    await page.getByLabel("Level").selectOption("debug");
    await page.locator(`[data-seq="${lineCount}"]`).waitFor();
  });
  await measured(page, "find, half of the lines match", async () => {
    await page.getByLabel("Find in the log").fill("batch");
    await page.getByText(/[\d,]+ matches/).waitFor();
  });
  await measured(page, "next match, 50 times", async () => {
    const next = page.getByRole("button", { name: "Next match" });
    for (let turn = 0; turn < 50; turn += 1) await next.click();
    await page.locator("[data-seq][aria-current]").waitFor();
  });
  await measured(page, "wrap off", () => page.getByRole("switch", { name: "Wrap" }).click());
  await measured(page, "wheel down without wrap", () => wheel(page, 100, 600));
} finally {
  await browser.close();
}

async function measured(page: Page, what: string, work: () => Promise<void>): Promise<void> {
  print(what, await traceMainThread(page, work));
}

function print(what: string, { longestScriptMs, slowTaskCount, longestTaskMs, taskCount }: MainThread): void {
  const figures = [
    `longest ${longestScriptMs.toFixed(1).padStart(6)}`,
    `over ${SLOW_SCRIPT_MS}: ${String(slowTaskCount).padStart(2)}`,
    `whole task ${longestTaskMs.toFixed(1).padStart(6)}`,
    `${taskCount} tasks`,
  ];
  console.log(`${what.padEnd(32)} ${figures.join("   ")}`);
}

async function wheel(page: Page, turns: number, deltaY: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await page.mouse.wheel(0, deltaY);
  // Two frames, so that what the last turn asked for is drawn.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** Resolves once a line is drawn that belongs there. */
async function scrollTo(page: Page, share: number): Promise<void> {
  const log = page.getByRole("log");
  await log.evaluate((element, to) => {
    element.scrollTop = element.scrollHeight * to;
  }, share);
  const near = lineCount * share;
  for (;;) {
    const seqs = await page
      .locator("[data-seq]")
      .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-seq")));
    if (seqs.some((seq) => Math.abs(Number(seq) - near) < 2000)) return;
  }
}

/** Gives the sample's last run that many lines more, of all levels, some of them long. */
async function fillLog(platform: Client, count: number): Promise<string> {
  const { rows } = await platform.query<{ id: string }>("select id from pipeline_runs order by id desc limit 1");
  const id = rows[0]?.id ?? "";
  await platform.query("delete from run_log_lines where run_id = $1", [id]);
  await platform.query(
    `insert into run_log_lines (id, organization_id, run_id, seq, at, level, message)
     select gen_random_uuid(), r.organization_id, r.id, n, r.created_at + n * interval '10 ms',
       (array['debug', 'info', 'info', 'info', 'warn', 'info', 'info', 'error'])[1 + n % 8],
       case when n % 2 = 0 then 'batch ' || n || ' copied ' || n * 137 || ' rows'
         when n % 25 = 1 then 'statement ' || repeat('select column_' || n || ' from public.a_rather_long_table_name; ', 8)
         else 'waiting for the destination to take ' || n * 11 || ' bytes' end
     from pipeline_runs r, generate_series(1, $2::int) n where r.id = $1`,
    [id, count],
  );
  return id;
}
