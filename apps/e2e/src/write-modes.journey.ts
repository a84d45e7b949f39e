import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { chooseByKeys, tabTo } from "./support/keyboard.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `modes${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const MERGE = "Update the rows that changed and add new ones";
const choice = (page: Page, name: string): Locator => page.getByRole("radio", { name });
const goOn = (page: Page) => page.getByRole("button", { name: "Continue" }).click();
const policies = (page: Page): Locator => page.getByRole("region", { name: "Key, reading and deletes" });
const planned = (page: Page): Locator => page.getByRole("region", { name: "What a run would do" });

/** To the step that asks for the write mode, by the shortest way. */
async function openColumns(page: Page, { shop, warehouse }: PipelineEnds, table = "orders"): Promise<void> {
  await page.goto("/pipelines/new");
  await choice(page, shop).click();
  await goOn(page);
  await page.getByRole("option", { name: new RegExp(String.raw`^public\. ?${table} ?,`) }).click();
  await goOn(page);
  await choice(page, warehouse).click();
  await goOn(page);
  await expect(page.getByRole("textbox", { name: "Destination table" })).toHaveValue(`public.${table}`);
}

/** A figure of the run's changes. */
async function expectChanges(page: Page, figures: Record<string, string>): Promise<void> {
  const changes = page.getByRole("region", { name: "Changes" });
  for (const [name, figure] of Object.entries(figures)) {
    await expect(changes.getByRole("definition").nth(Object.keys(figures).indexOf(name)), name).toHaveText(figure);
  }
  await expect(changes.getByRole("term")).toHaveText(Object.keys(figures));
}

const isVerified = (page: Page): Locator =>
  page.getByRole("region", { name: "Verification" }).getByText("Verified", { exact: true });

test("merge: rows find their place by the key, and each run counts what it did", async ({ page, ends }) => {
  test.slow();
  await openColumns(page, ends);
  await choice(page, MERGE).click();
  await expect(choice(page, "By the primary key")).toBeChecked();
  await expect(policies(page).getByText("The source's is id.")).toBeVisible();
  await choice(page, "Delete them").click();
  await policies(page).getByRole("textbox", { name: "Refuse to lose more than" }).fill("20");
  await expect(planned(page).getByText("about 1,000 rows")).toBeVisible();
  await expectAccessible(page);
  await goOn(page);
  await goOn(page);

  const summary = page.getByRole("region", { name: "What will be made" });
  await expect(summary.getByText("Key: The primary key")).toBeVisible();
  await expect(summary.getByText("Reads: All rows in each run")).toBeVisible();
  await expect(summary.getByText("more than 20 % of the rows would be deleted is refused")).toBeVisible();
  await expect(page.getByRole("region", { name: "Required" }).getByText("Passed")).toHaveCount(7);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Create and run" }).click();
  await expect(isVerified(page)).toBeVisible();
  await expectChanges(page, { Inserted: "1,000", Updated: "0", Deleted: "0", Unchanged: "0" });

  await ends.inShop.query(`
    update orders set total = total + 1 where id <= 3;
    delete from orders where id in (10, 11);
    insert into orders values (2000, 'open', 1, now())`);
  await page
    .getByRole("navigation", { name: "Breadcrumbs" })
    .getByRole("link", { name: /^orders to/ })
    .click();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(isVerified(page)).toBeVisible();
  await expectChanges(page, { Inserted: "1", Updated: "3", Deleted: "2", Unchanged: "995" });
  await expectAccessible(page);
  const { rows } = await ends.inWarehouse.query("select count(*)::int as count from orders");
  expect(rows).toEqual([{ count: 999 }]);

  await page
    .getByRole("navigation", { name: "Breadcrumbs" })
    .getByRole("link", { name: /^orders to/ })
    .click();
  await page.getByRole("link", { name: "Configuration" }).click();
  const configuration = page.getByRole("region", { name: "Configuration" });
  await expect(configuration.getByText("are deleted from the destination (hard)")).toBeVisible();
  await expectAccessible(page);
});

test("deletes that are too many are refused, with the figures and nothing changed", async ({ page, ends }) => {
  const { id } = await ends.addPipeline({
    name: "Guarded deletes",
    source_table: "orders",
    destination_table: "public.guarded",
    write_mode: "merge",
    policies: { deletes: { mode: "hard", max_percent: 10 } },
  });
  const run = async () => {
    await page.goto(`/pipelines/${id}`);
    await page.getByRole("button", { name: "Run now" }).click();
  };
  await run();
  await expect(isVerified(page)).toBeVisible();
  await ends.inShop.query("delete from orders where id > 500");
  await run();
  const failure = page.getByRole("region", { name: "Failure" });
  await expect(failure.getByRole("heading")).toHaveText(
    "500 of the 1000 rows of public.guarded would be deleted, which is more than 10 %",
  );
  await expect(failure.getByText("TOO_MANY_DELETES")).toBeVisible();
  await expect(failure.getByText("Nothing was changed.")).toBeVisible();
  await expectAccessible(page);
  const { rows } = await ends.inWarehouse.query("select count(*)::int as count from guarded");
  expect(rows).toEqual([{ count: 1000 }]);
});

test("history, by keyboard alone: its columns are shown before they are there", async ({ page, ends }) => {
  await openColumns(page, ends);
  await chooseByKeys(
    page,
    page.getByRole("radiogroup", { name: /^What should a run do with the rows/ }),
    "Keep every version of a row",
  );
  const columns = page.getByRole("region", { name: "Three columns are added" });
  await expect(columns.getByRole("term")).toHaveText([/valid_from/, /valid_to/, /is_current/]);
  await expect(choice(page, "Delete them")).toBeDisabled();
  await chooseByKeys(page, page.getByRole("radiogroup", { name: /^By what are rows/ }), "By columns that I choose");
  await expect(policies(page).getByRole("checkbox", { name: "id" })).toBeChecked();
  await chooseByKeys(page, page.getByRole("radiogroup", { name: /^What becomes of rows/ }), "Close their version");
  await expect(planned(page).getByText("valid_from")).toBeVisible();
  await expectAccessible(page);
  const continues = page.getByRole("button", { name: "Continue" });
  await tabTo(page, continues);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 2, name: "When does it run?" })).toBeFocused();
});

test.describe("what is wrong with the key", () => {
  test("lands at the key: no unique index, no primary key, no column", async ({ page, ends }) => {
    await ends.inShop.query("create table loose as select * from orders");
    await ends.inWarehouse.query(
      "create table loose (id bigint, state text, total numeric(12,2), placed_at timestamptz)",
    );
    await openColumns(page, ends, "loose");
    await choice(page, MERGE).click();
    const key = page.getByRole("radiogroup", { name: /^By what are rows/ });
    await expect(key).toHaveAccessibleDescription(/needs a key, and public\.loose has no primary key/);
    await expectAccessible(page);
    await choice(page, "By columns that I choose").click();
    await goOn(page);
    await expect(key).toHaveAccessibleDescription("Choose at least one column that tells rows apart");
    await expect(page.getByRole("heading", { level: 2, name: "What stands there afterwards?" })).toBeVisible();
    await policies(page).getByRole("checkbox", { name: "id" }).click();
    await expect(key).toHaveAccessibleDescription(/has no unique index on id\. Run CREATE UNIQUE INDEX/);
    await ends.inWarehouse.query("create unique index on loose (id)");
    await policies(page).getByRole("checkbox", { name: "state" }).click();
    await policies(page).getByRole("checkbox", { name: "state" }).click();
    await page.getByRole("textbox", { name: "Destination table" }).fill("loose");
    await expect(key).toHaveAccessibleDescription("");
  });
});

test("only what has changed: a cursor is chosen, kept over a reload, and run by", async ({ page, ends }) => {
  test.slow();
  page.on("dialog", (dialog) => void dialog.accept());
  await openColumns(page, ends);
  await choice(page, MERGE).click();
  await choice(page, "Only what has changed").click();
  await goOn(page);
  const cursor = page.getByRole("combobox", { name: "Cursor column" });
  await expect(page.getByText("Choose the column that tells what has changed")).toBeVisible();
  await expect(cursor).toBeFocused();
  await cursor.click();
  await expect(page.getByRole("option", { name: /^state/ })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("option", { name: /^state/ }).click();
  await expect(page.getByText(/The column state cannot be the cursor/).first()).toBeVisible();
  await cursor.click();
  await page.getByRole("option", { name: /^placed_at/ }).click();
  await expect(page.getByText(/The column state cannot be the cursor/)).toHaveCount(0);
  await page.getByText("Advanced").click();
  await policies(page).getByRole("textbox", { name: "Wait for open transactions" }).fill("5");
  await choice(page, "Leave them out").click();
  await expectAccessible(page);
  await page.reload();
  await expect(cursor).toHaveText("placed_at");
  await goOn(page);
  await goOn(page);
  const summary = page.getByRole("region", { name: "What will be made" });
  await expect(summary.getByText("rows without it are left out; waits at most 5 s")).toBeVisible();
  await page.getByRole("button", { name: "Create and run" }).click();
  await expect(isVerified(page)).toBeVisible();
  await expectChanges(page, { Inserted: "1,000", Updated: "0", Deleted: "0", Unchanged: "0" });
  await ends.inShop.query("update orders set total = 0, placed_at = now() where id = 7");
  await page
    .getByRole("navigation", { name: "Breadcrumbs" })
    .getByRole("link", { name: /^orders to/ })
    .click();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(isVerified(page)).toBeVisible();
  await expect(page.getByRole("log").getByText("from the position of the run before")).toBeVisible();
  // The row at the position is read again, and found to be there.
  await expectChanges(page, { Inserted: "0", Updated: "1", Deleted: "0", Unchanged: "1" });
});

test("a write mode that is left behind takes its policies along, and brings them back", async ({ page, ends }) => {
  const { id } = await ends.addPipeline({
    name: "Back and forth",
    source_table: "orders",
    destination_table: "public.back",
    write_mode: "merge",
    policies: { key: ["id"], deletes: { mode: "soft", column: "gone_at" } },
  });
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  await choice(page, "Replace the table by a fresh copy").click();
  await expect(policies(page)).toBeHidden();
  await page.getByRole("textbox", { name: "Refuse to shrink the table" }).waitFor();
  await expectAccessible(page);
  await choice(page, MERGE).click();
  await expect(page.getByRole("textbox", { name: "Column for the time of deletion" })).toHaveValue("gone_at");
  await policies(page).getByRole("textbox", { name: "Refuse to lose more than" }).fill("30");
  await page.getByRole("link", { name: /^Review/ }).click();
  const changes = page.getByRole("region", { name: "What will change" });
  await expect(changes.getByRole("term")).toHaveText(["Policies"]);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByText("key: id; deletes: soft in gone_at, at most 30 %")).toBeVisible();
  await expectAccessible(page);
});
