import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `schema${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };

const notice = (page: Page): Locator => page.getByText("The columns of the table have changed, and runs wait");
const dialog = (page: Page): Locator => page.getByRole("dialog", { name: "Accept what has changed?" });
const changes = (within: Page | Locator): Locator => within.getByRole("list", { name: "What has changed" });
const succeeded = (page: Page): Locator => page.getByRole("status").filter({ hasText: /^The run succeeded/ });
const failure = (page: Page): Locator => page.getByRole("region", { name: "Failure" }).getByRole("heading");

async function expectAccessibleEverywhere(page: Page): Promise<void> {
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    await expectAccessible(page);
  }
}

async function runNow(page: Page, id: string): Promise<void> {
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await page.waitForURL(/\/runs\//);
}

test("a column that the source gets stops the run, is accepted by a person, and arrives with the next run", async ({
  page,
  ends,
}) => {
  test.slow();
  const { id } = await ends.addPipeline({
    name: "Asks first",
    source_table: "orders",
    destination_table: "public.orders",
  });
  await runNow(page, id);
  await expect(succeeded(page)).toBeAttached();
  await ends.inShop.query("alter table orders add column channel text default 'web'");

  await runNow(page, id);
  await expect(failure(page)).toHaveText(/no longer what was agreed: column channel \(text\) was added/);
  const panel = page.getByRole("region", { name: "What changed in the table" });
  await expect(changes(panel).getByRole("listitem")).toHaveText(/Added\s*channel\s*text/);
  await expect(panel.getByText(`alter table "public"."orders" add column "channel" text`)).toBeVisible();
  await expectAccessibleEverywhere(page);

  await panel.getByRole("link", { name: "See it on the pipeline's page" }).click();
  await expect(notice(page)).toBeVisible();
  await expectAccessibleEverywhere(page);
  const accept = page.getByRole("button", { name: "Accept changes…" });
  await accept.click();
  await expect(dialog(page).getByRole("button", { name: "Not now" })).toBeFocused();
  await expect(dialog(page).getByText(`add column "channel" text`)).toBeVisible();
  await expectAccessibleEverywhere(page);
  await page.keyboard.press("Escape");
  await expect(accept).toBeFocused();
  await accept.click();
  await dialog(page).getByRole("button", { name: "Accept changes" }).click();
  await expect(notice(page)).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();

  await runNow(page, id);
  await expect(succeeded(page)).toBeAttached();
  await expect(panel.getByText("It was accepted: the destination follows")).toBeVisible();
  const { rows } = await ends.inWarehouse.query("select distinct channel from orders");
  expect(rows).toEqual([{ channel: "web" }]);
  await page.goto(`/pipelines/${id}?tab=history`);
  await expect(page.getByText("accepted what had changed in the table")).toBeVisible();
  await expect(page.getByText("column channel (text) was added")).toBeVisible();
});

test("a pipeline that freezes the columns is chosen so in the form, and fails naming the column", async ({
  page,
  ends,
}) => {
  test.slow();
  const { id } = await ends.addPipeline({ name: "Frozen", source_table: "orders", destination_table: "public.orders" });
  await runNow(page, id);
  await expect(succeeded(page)).toBeAttached();
  await ends.inShop.query("alter table orders drop column state");

  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const group = page.getByRole("radiogroup", {
    name: "What should a run do when the columns of the table have changed?",
  });
  await expect(group.getByRole("radio", { name: "Wait until somebody has accepted it" })).toBeChecked();
  await expect(page.getByText("The table has changed since it was agreed")).toBeVisible();
  await expect(changes(page).getByRole("listitem")).toHaveText(/Removed\s*state/);
  await group.getByRole("radio", { name: "Let the destination follow" }).click();
  await expect(page.getByText("The destination follows, in the transaction that publishes the rows.")).toBeVisible();
  await expectAccessibleEverywhere(page);
  await group.getByRole("radio", { name: "Fail" }).click();
  await expect(page.getByText("The pipeline freezes the structure, so the run is refused.")).toBeVisible();
  await page.getByRole("link", { name: /^Review/ }).click();
  await expect(page.getByText("Any difference at either end fails the run").last()).toBeVisible();
  await expect(page.getByText(/no longer what was agreed: column state \(public\.state\) was removed/)).toBeVisible();
  await page.getByRole("button", { name: "Save and run" }).click();

  await expect(failure(page)).toHaveText(/column state \(public\.state\) was removed/);
  await expect(page.getByText("The pipeline freezes the structure, so the run is refused.")).toBeVisible();
  const { rowCount } = await ends.inWarehouse.query("select from orders where state is not null");
  expect(rowCount).toBe(1000);
  await page.goto(`/pipelines/${id}`);
  await expect(notice(page)).toHaveCount(0);
});
