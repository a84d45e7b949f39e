import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `verify${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const panel = (page: Page, name: string): Locator => page.getByRole("region", { name });
const verdict = (page: Page, word: string): Locator => panel(page, "Verification").getByText(word, { exact: true });
const listed = (page: Page): Locator => panel(page, "Rows that differ").getByRole("rowheader");

/** A pipeline that has run once. */
async function loaded(page: Page, ends: PipelineEnds, name: string, fields: object = {}): Promise<string> {
  const tables = { source_table: "orders", destination_table: "public.orders" };
  const { id } = await ends.addPipeline({ name, ...tables, ...fields });
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(panel(page, "Verification")).toBeVisible();
  await page.goto(`/pipelines/${id}`);
  return id;
}

async function verifyNow(page: Page): Promise<void> {
  await page.getByRole("button", { name: "More about this pipeline" }).click();
  await page.getByRole("menuitem", { name: "Verify now" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^Verification of /);
}

test("rows that were changed by hand are named, looked through by kind, and repaired", async ({ page, ends }) => {
  test.slow();
  const id = await loaded(page, ends, "Watched orders");
  await verifyNow(page);
  await expect(verdict(page, "Equal")).toBeVisible();
  await expectAccessible(page);

  await ends.inWarehouse.query(`
    update orders set total = 0, placed_at = null where id = 7;
    delete from orders where id = 8;
    insert into orders values (5000, 'open', 1, now())`);
  await page.goto(`/pipelines/${id}`);
  await verifyNow(page);
  const failure = panel(page, "Failure");
  await expect(failure.getByRole("heading")).toHaveText("Table public.orders differs from its source: 3 keys differ");
  await expect(failure.getByText("ROWS_DIFFER")).toBeVisible();
  await expect(verdict(page, "Differs")).toBeVisible();
  await expect(listed(page)).toHaveText(["7", "8", "5000"]);
  const row = (key: string) => panel(page, "Rows that differ").getByRole("row").filter({ hasText: key });
  await expect(row("7").filter({ hasText: "Other values" })).toContainText("total, placed_at");
  await expectAccessible(page);

  const kinds = page.getByRole("group", { name: "How rows differ" });
  await kinds.getByRole("button", { name: /^Missing/ }).click();
  await expect(listed(page)).toHaveText(["8"]);
  await expect(page).toHaveURL(/differs=missing/);
  await kinds.getByRole("button", { name: /^All/ }).click();

  const ask = page.getByRole("button", { name: "Repair these rows…" });
  await ask.click();
  const dialog = page.getByRole("dialog", { name: "Repair these rows?" });
  await expect(dialog.getByRole("button", { name: "Leave them as they are" })).toBeFocused();
  await expect(dialog.getByText("1 row will be left")).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(ask).toBeFocused();

  await ask.click();
  await dialog.getByRole("checkbox", { name: "Delete what only the destination has" }).check();
  await expect(dialog.getByText("1 row will be deleted")).toBeVisible();
  await dialog.getByRole("button", { name: "Repair the rows" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Repair of Watched orders");
  await expect(panel(page, "Repair").getByRole("definition").nth(0)).toHaveText("1");
  await expect(panel(page, "Repair").getByRole("term")).toHaveText(["Inserted", "Updated", "Deleted", "Left"]);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Verify again" }).click();
  await expect(verdict(page, "Equal")).toBeVisible();

  // The chart of rows and the state of the pipeline speak of its loads.
  await page.goto(`/pipelines/${id}`);
  await expect(page.getByRole("table", { name: "Runs" }).getByText("To verify").first()).toBeVisible();
  await expect(panel(page, "Rows and duration")).toHaveCount(0);
  await expect(page.getByText("Failed").first()).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 }).locator("..")).toContainText("Inactive");
});

test("a run whose rows are changed as they arrive names them, and offers no repair of what was rolled back", async ({
  page,
  ends,
}) => {
  await ends.inWarehouse.query(`
    create type state as enum ('open', 'paid');
    create table orders (id bigint primary key, state state not null, total numeric(12,2), placed_at timestamptz);
    create function meddle() returns trigger language plpgsql as $$ begin
      if new.id = 42 then return null; end if;
      if new.id = 700 then new.total := 0; end if;
      return new;
    end $$;
    create trigger meddle before insert on orders for each row execute function meddle()`);
  const tables = { source_table: "orders", destination_table: "public.orders", write_mode: "append" };
  const { id } = await ends.addPipeline({ name: "Meddled orders", ...tables });
  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  const failure = panel(page, "Failure");
  await expect(failure.getByText("DIGEST_MISMATCH")).toBeVisible();
  await expect(failure.getByText("Destination", { exact: true })).toBeVisible();
  await expect(failure.getByRole("heading")).toContainText(
    "2 keys differ; 1000 rows at the source, 999 at the destination",
  );
  await expect(verdict(page, "Differs")).toBeVisible();
  await expect(panel(page, "Verification")).toContainText("What arrived is not what was read: 2 keys differ, by id.");
  await expect(listed(page)).toHaveText(["42", "700"]);
  await expect(page.getByRole("button", { name: "Repair these rows…" })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto(`/pipelines/${id}`);
  await expect(page.getByRole("table", { name: "Runs" }).getByText("Differs")).toBeVisible();
});

test("keys beyond the first page are shown on demand", async ({ page, ends }) => {
  const id = await loaded(page, ends, "Emptied orders");
  await ends.inWarehouse.query("delete from orders where id <= 120");
  await page.goto(`/pipelines/${id}`);
  await verifyNow(page);
  await expect(listed(page)).toHaveCount(50);
  const more = panel(page, "Rows that differ").getByRole("button", { name: "Show more" });
  await more.click();
  await more.click();
  await expect(listed(page)).toHaveCount(120);
  await expect(more).toHaveCount(0);
});

test("a pipeline that compares row counts alone says so, and never that it is verified", async ({ page, ends }) => {
  const id = await loaded(page, ends, "Counted orders");
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const modes = page.getByRole("radiogroup", { name: "What should a run compare before it publishes?" });
  await expect(modes.getByRole("radio", { name: "All that every row holds" })).toBeChecked();
  await modes.getByRole("radio", { name: "How many rows there are" }).click();
  await expect(panel(page, "What a run would do").getByText("no: only row counts are compared")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("link", { name: "Configuration" }).click();
  await expect(panel(page, "Configuration").getByText("What they hold is not compared (count)")).toBeVisible();
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(verdict(page, "Counts equal")).toBeVisible();
  await expect(page.getByText("Verified", { exact: true })).toHaveCount(0);
  await expectAccessible(page);
});
