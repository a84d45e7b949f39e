import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `undo${++journeys}`);
    await ends.inShop.query(ORDERS);
    await ends.inWarehouse.query(
      `create table orders (id bigint primary key, state text, total numeric(12,2), placed_at timestamptz);
       insert into orders values (1, 'open', 10), (2, 'paid', 20)`,
    );
    await use(ends);
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const addPipeline = (ends: PipelineEnds, name: string, keepHours: number) =>
  ends.addPipeline({
    name,
    source_table: "orders",
    destination_table: "public.orders",
    policies: { undo: { keep_hours: keepHours } },
  });

const undo = (page: Page): Locator => page.getByRole("button", { name: "Undo…" });
const dialog = (page: Page): Locator => page.getByRole("dialog", { name: "Undo this run?" });
const succeeded = (page: Page): Locator => page.getByRole("status").filter({ hasText: /^The run succeeded/ });

/** A digest of every row and column that stand in the table, whatever they are. */
async function standing({ inWarehouse }: PipelineEnds): Promise<string> {
  const { rows } = await inWarehouse.query<{ digest: string }>(
    "select count(*) || ' ' || coalesce(sum(hashtextextended(o::text, 0)), 0) as digest from orders o",
  );
  return rows[0]?.digest ?? "";
}

test("a run that replaced a table is undone, and what was there before is back", async ({ page, ends }) => {
  test.slow();
  const { id } = await addPipeline(ends, "Replaced and undone", 0);
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const hours = page.getByRole("textbox", { name: "Keep what was there" });
  await expect(hours).toHaveValue("0");
  await hours.fill("24");
  await expect(page.getByText("the destination's disk holds the table twice")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: /^Review/ }).click();
  await expect(page.getByText("The table that a run has replaced is kept for 24 hours")).toBeVisible();
  const before = await standing(ends);
  await page.getByRole("button", { name: "Save and run" }).click();
  await expect(succeeded(page)).toBeAttached();
  expect(await standing(ends)).not.toBe(before);

  await undo(page).click();
  await expect(dialog(page).getByText("1,000 rows, which go")).toBeVisible();
  await expect(dialog(page).getByText("2 rows, from before the run")).toBeVisible();
  await expect(dialog(page).getByRole("button", { name: "Leave it as it is" })).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(undo(page)).toBeFocused();
  await undo(page).click();
  await dialog(page).getByRole("button", { name: "Undo the run" }).click();

  await expect(page.getByText("undoes this run")).toBeVisible();
  await expect(succeeded(page)).toBeAttached();
  expect(await standing(ends)).toBe(before);
  await expect(undo(page)).toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("link", { name: "this run" }).click();
  await expect(page.getByText("This run was undone")).toBeVisible();
  await expect(undo(page)).toHaveCount(0);
  await expectAccessible(page);

  await page.goto(`/pipelines/${id}`);
  await expect(page.getByRole("table").getByText("To undo another run")).toBeVisible();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByText("started a run that undoes another")).toBeVisible();
});

test("what somebody else has written meanwhile is not undone", async ({ page, ends }) => {
  test.slow();
  const { id } = await addPipeline(ends, "Written since", 24);
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(succeeded(page)).toBeAttached();
  const address = page.url();
  await ends.inWarehouse.query("update orders set total = 0 where id = 7");
  const written = await standing(ends);
  await undo(page).click();
  await dialog(page).getByRole("button", { name: "Undo the run" }).click();
  const failure = page.getByRole("region", { name: "Failure" });
  await expect(failure.getByRole("heading")).toHaveText(/cannot be undone: somebody has since written to the table/);
  await expectAccessible(page);
  expect(await standing(ends)).toBe(written);

  await ends.inWarehouse.query("alter table orders add column note text");
  await page.goto(address);
  await undo(page).click();
  await expect(dialog(page).getByText(/somebody has since changed the table's columns/)).toBeVisible();
  await expect(dialog(page).getByRole("button", { name: "Undo the run" })).toHaveCount(0);
  await expectAccessible(page);
});
