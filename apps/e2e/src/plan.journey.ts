import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `plan${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const panel = (page: Page): Locator => page.getByRole("region", { name: "What would a run change?" });
const figures = (page: Page): Locator => panel(page).getByRole("definition");
const succeeded = (page: Page): Locator => page.getByRole("status").filter({ hasText: /^The run succeeded/ });

const changeAtSource = ({ inShop }: PipelineEnds) =>
  inShop.query(`update orders set total = 777, state = 'paid' where id = 2;
    update orders set total = 778 where id = 3;
    delete from orders where id = 10;
    insert into orders values (2000, 'open', 1, now())`);

test("the plan of a pipeline counts what its run then does, and shows the cells that differ", async ({
  page,
  ends,
}) => {
  test.slow();
  const { id } = await ends.addPipeline({
    name: "Planned first",
    source_table: "orders",
    destination_table: "public.planned",
    write_mode: "merge",
    policies: { deletes: { mode: "hard" } },
  });
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("link", { name: "Plan", exact: true }).click();
  await expect(page.getByRole("region", { name: "What a run would do" }).getByText("in one part")).toBeVisible();
  await page.getByRole("button", { name: "Count the rows" }).click();
  await expect(figures(page)).toHaveText(["1,000", "0", "0", "0"]);
  await expect(panel(page).getByText("the first 20 of 1,000")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(succeeded(page)).toBeAttached();

  await changeAtSource(ends);
  await page.goto(`/pipelines/${id}?tab=plan`);
  await page.getByRole("button", { name: "Count the rows" }).click();
  await expect(figures(page)).toHaveText(["1", "2", "1", "997"]);
  await expect(panel(page).getByText("A run would read 1,000 rows. 1,000 rows stand there now.")).toBeVisible();
  const updated = panel(page).getByRole("table", { name: /^Updated/ });
  await expect(updated.getByRole("columnheader")).toHaveText(["id key", "state", "total"]);
  const [first, second] = [updated.getByRole("row").nth(1), updated.getByRole("row").nth(2)];
  await expect(first.getByRole("deletion")).toHaveText(["before: open", "before: 3.00"]);
  await expect(first.getByRole("insertion")).toHaveText(["after: paid", "after: 777.00"]);
  // Of a row only the cells are marked that differ.
  await expect(second.getByRole("deletion")).toHaveText(["before: 4.50"]);
  await expect(
    panel(page)
      .getByRole("table", { name: /^Deleted/ })
      .getByRole("cell")
      .first(),
  ).toHaveText("10");
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole("button", { name: "Run now" }).click();
  await expect(succeeded(page)).toBeAttached();
  const changes = page.getByRole("region", { name: "Changes" });
  await expect(changes.getByRole("definition")).toHaveText(["1", "2", "1", "997"]);
});

test("the last step of the form counts for what is not saved yet, and says when a run would be refused", async ({
  page,
  ends,
}) => {
  test.slow();
  const { id } = await ends.addPipeline({
    name: "Counted before it is saved",
    source_table: "orders",
    destination_table: "public.counted",
    write_mode: "merge",
  });
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(succeeded(page)).toBeAttached();
  await ends.inShop.query("delete from orders where id > 400");
  await page.goto(`/pipelines/${id}/edit?step=review`);
  await page.getByRole("button", { name: "Count the rows" }).click();
  await expect(figures(page)).toHaveText(["0", "0", "0", "400"]);
  await page.getByRole("link", { name: /^Table and columns/ }).click();
  await page.getByRole("radio", { name: "Delete them" }).click();
  await page.getByRole("link", { name: /^Review/ }).click();
  await page.getByRole("button", { name: "Count the rows" }).click();
  await expect(figures(page)).toHaveText(["0", "0", "600", "400"]);
  await expect(panel(page).getByText("A run would be refused: 600 of the 1000 rows")).toBeVisible();
  await expectAccessible(page);
});
