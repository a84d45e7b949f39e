import type { Page } from "@playwright/test";
import { CuttableLine } from "./support/cuttable-line.ts";
import { theStage } from "./support/environment.ts";
import { type GatedPipeline, makeGatedPipeline } from "./support/gated-pipeline.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";

/** Each journey has a pipeline of its own, whose runs stop halfway until the journey lets them on. */
const test = journey.extend<{ readonly pipeline: GatedPipeline }>({
  pipeline: async ({ context }, use, { title }) => {
    const pipeline = await makeGatedPipeline(theStage(), context.request, `Gated: ${title.slice(0, 60)}`);
    await pipeline.shut();
    await use(pipeline);
    await pipeline.open();
    await pipeline.close();
  },
});

// A line that is cut is trouble that belongs to these journeys.
const CUT = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|NETWORK\w*)/;

/** Starts the run from the pipeline's page and waits until it stands halfway. */
async function startHalfway(page: Page, pipeline: GatedPipeline, origin = ""): Promise<string> {
  await page.goto(`${origin}/pipelines/${pipeline.pipelineId}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("heading", { name: `Run of ${pipeline.name}` })).toBeVisible();
  await expect(page.getByRole("list", { name: "Stages" }).locator("[aria-current=step]")).toHaveText(/Copy/);
  await expect.poll(() => seqsOf(page)).not.toEqual([]);
  const runId = new URL(page.url()).pathname.split("/").at(-1);
  return runId ?? "";
}

const seqsOf = (page: Page): Promise<number[]> =>
  page.locator("[data-seq]").evaluateAll((lines) => lines.map((line) => Number(line.getAttribute("data-seq"))));

/** The page shows just the lines that the server has, each once and in order. */
async function expectWholeLog(page: Page, runId: string): Promise<void> {
  const response = await page.request.get(`/api/runs/${runId}/log?limit=1000`);
  const stored = ((await response.json()) as { seq: number }[]).map(({ seq }) => seq);
  expect(stored.length).toBeGreaterThan(1);
  expect(stored).toEqual(stored.map((_, index) => index + 1));
  await expect.poll(() => seqsOf(page)).toEqual(stored);
}

/** What the server says of the run, whatever the page shows. */
async function expectStatus(page: Page, runId: string, status: string): Promise<void> {
  await expect
    .poll(async () => ((await (await page.request.get(`/api/runs/${runId}`)).json()) as { status: string }).status)
    .toBe(status);
}

const verified = (page: Page) =>
  page.getByRole("region", { name: "Verification" }).getByText("Verified", { exact: true });

test("a reload in the middle of a run loses no line and doubles none", async ({ page, pipeline }) => {
  const runId = await startHalfway(page, pipeline);
  await expectAccessible(page);
  await page.reload();
  await expect.poll(() => seqsOf(page)).not.toEqual([]);
  await pipeline.open();
  await expect(verified(page)).toBeVisible();
  await expectWholeLog(page, runId);
});

test("stages, times and throughput that one page has watched are there for a page that is opened later", async ({
  page,
  pipeline,
}) => {
  await startHalfway(page, pipeline);
  await pipeline.open();
  await expect(verified(page)).toBeVisible();
  const stages = page.getByRole("list", { name: "Stages" }).getByRole("listitem").filter({ hasText: /\w/ });
  await expect(stages).toHaveText([/^Plan.*\d s$/, /^Copy.*\d s$/, /^Verify.*\d s$/, /^Publish.*\d s$/]);
  const watched = await stages.allInnerTexts();
  await page.reload();
  await expect(verified(page)).toBeVisible();
  expect(await stages.allInnerTexts()).toEqual(watched);
});

test("two browsers on one run see the same, and one sees what the other does", async ({ page, browser, pipeline }) => {
  const { url, sessionFile } = theStage();
  const runId = await startHalfway(page, pipeline);
  const other = await browser.newContext({ storageState: sessionFile, baseURL: url });
  const otherPage = await other.newPage();
  await otherPage.goto(`/runs/${runId}`);
  await expect(otherPage.getByRole("list", { name: "Stages" }).locator("[aria-current=step]")).toHaveText(/Copy/);
  await otherPage.getByRole("button", { name: "Cancel run" }).focus();
  await otherPage.keyboard.press("Enter");
  // The harmless answer has the focus; the other one is a key further.
  await expect(otherPage.getByRole("button", { name: "Let it run" })).toBeFocused();
  await otherPage.keyboard.press("Tab");
  await otherPage.keyboard.press("Enter");
  for (const each of [page, otherPage]) {
    await expect(each.getByRole("status").getByText("The run was cancelled")).toBeAttached();
    await expect(each.getByText("The destination is as it was before the run.")).toBeVisible();
    await expectWholeLog(each, runId);
  }
  await expectAccessible(page);
  await other.close();
});

test("a tab that was out of sight catches up when it is looked at again", async ({ page, pipeline }) => {
  const show = (state: "hidden" | "visible") =>
    page.evaluate(`Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));`);
  const runId = await startHalfway(page, pipeline);
  const before = await seqsOf(page);
  await show("hidden");
  await pipeline.open();
  await expectStatus(page, runId, "success");
  expect(await seqsOf(page)).toEqual(before);
  await show("visible");
  await expect(verified(page)).toBeVisible();
  await expectWholeLog(page, runId);
});

test.describe("when the line is cut", () => {
  test.use({ expectedTrouble: [CUT] });

  test("a connection that drops in the middle of a run comes back by itself, without a gap", async ({
    page,
    pipeline,
  }) => {
    const line = await CuttableLine.open(theStage().url);
    const runId = await startHalfway(page, pipeline, line.url);
    const before = await seqsOf(page);

    await line.cut();
    await expect(page.getByText("Reconnecting…")).toBeVisible();
    await expectAccessible(page);
    // The run goes on to its end while nobody hears of it.
    await pipeline.open();
    await expectStatus(page, runId, "success");
    expect(await seqsOf(page)).toEqual(before);

    await line.restore();
    await expect(verified(page)).toBeVisible();
    await expect(page.getByText("Reconnecting…")).toBeHidden();
    await expectWholeLog(page, runId);
    await line.cut();
  });
});

test("a run can be cancelled halfway and retried to its end", async ({ page, pipeline }) => {
  await startHalfway(page, pipeline);
  await page.getByRole("button", { name: "Cancel run" }).click();
  const confirm = page.getByRole("alertdialog").getByRole("button", { name: "Cancel the run" });
  await expect(confirm).toBeVisible();
  await expectAccessible(page);
  await confirm.click();
  await expect(page.getByRole("status").getByText("The run was cancelled")).toBeAttached();
  await pipeline.open();

  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText("Started as a retry")).toBeVisible();
  await expect(verified(page)).toBeVisible();
});

test("the list of pipelines follows a run without a reload", async ({ page, pipeline }) => {
  await page.goto("/pipelines");
  const row = page.getByRole("row", { name: new RegExp(`^${pipeline.name}`) });
  await row.getByRole("button", { name: /^Run now/ }).click();
  await expect(row.getByText("Running")).toBeVisible();
  await pipeline.open();
  await expect(row.getByText("Inactive")).toBeVisible();
  await expect(row.getByText("just now")).toBeVisible();
});
