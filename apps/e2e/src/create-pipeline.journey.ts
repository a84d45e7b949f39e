import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { chooseByKeys, tabTo } from "./support/keyboard.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `create${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const goOn = (page: Page) => page.getByRole("button", { name: "Continue" }).click();
const choice = (page: Page, name: string): Locator => page.getByRole("radio", { name });
const table = (page: Page, name: string): Locator =>
  page.getByRole("option", { name: new RegExp(String.raw`^public\. ?${name} ?,`) });
const heading = (page: Page, name: string): Locator => page.getByRole("heading", { level: 2, name });
const QUESTIONS = {
  source: "Where do the rows come from?",
  table: "Which table is copied?",
  destination: "Where do the rows go?",
  columns: "What stands there afterwards?",
  schedule: "When does it run?",
  review: "Is everything as it should be?",
};

/** To the step, by the shortest way through those before it. */
async function fillUpTo(page: Page, { shop, warehouse }: PipelineEnds, step: keyof typeof QUESTIONS): Promise<void> {
  const steps = Object.keys(QUESTIONS).indexOf(step);
  await page.goto("/pipelines/new");
  if (steps === 0) return;
  await choice(page, shop).click();
  await goOn(page);
  if (steps > 1) {
    await table(page, "orders").click();
    await goOn(page);
  }
  if (steps > 2) {
    await choice(page, warehouse).click();
    await goOn(page);
  }
  if (steps > 3) {
    await expect(page.getByRole("textbox", { name: "Destination table" })).toHaveValue("public.orders");
    await goOn(page);
  }
  if (steps > 4) await goOn(page);
  await expect(heading(page, QUESTIONS[step])).toBeVisible();
}

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);
const isVerified = (page: Page): Locator =>
  page.getByRole("region", { name: "Verification" }).getByText("Verified", { exact: true });

test("by mouse, from the list to a verified run", async ({ page, ends }) => {
  await page.goto("/pipelines");
  const startedAt = Date.now();
  await page.getByRole("link", { name: "New pipeline" }).first().click();
  await choice(page, ends.shop).click();
  await goOn(page);

  await expect(heading(page, QUESTIONS.table)).toBeFocused();
  await table(page, "orders").click();
  await goOn(page);

  await choice(page, ends.warehouse).click();
  await goOn(page);

  await expect(page.getByRole("textbox", { name: "Destination table" })).toHaveValue("public.orders");
  const plan = page.getByRole("region", { name: "What a run would do" });
  await expect(plan.getByText("about 1,000 rows")).toBeVisible();
  await expect(plan.getByText("create table")).toBeVisible();
  await expect(page.getByRole("table", { name: "First rows of public.orders" }).getByRole("row")).toHaveCount(11);
  await goOn(page);

  await choice(page, "Every day").click();
  await expect(page.getByRole("table", { name: "Next five fires" }).getByRole("row")).toHaveCount(7);
  await goOn(page);

  await expect(page.getByRole("textbox", { name: "Name" })).toHaveValue(`orders to ${ends.warehouse}`);
  await expect(page.getByRole("region", { name: "Required" }).getByText("Passed")).toHaveCount(7);
  await page.getByRole("button", { name: "Create and run" }).click();
  await expect(isVerified(page)).toBeVisible();
  process.stdout.write(`  a pipeline by mouse, to its verified run: ${seconds(startedAt)} s\n`);
  const { rows } = await ends.inWarehouse.query("select count(*)::int as count from public.orders");
  expect(rows).toEqual([{ count: 1000 }]);
});

test("every step is accessible in both themes", async ({ page, ends }) => {
  // Twelve looks of axe, which take as long as the machine lets them.
  test.slow();
  await fillUpTo(page, ends, "review");
  await page.getByRole("region", { name: "Required" }).waitFor();
  await expectAccessible(page);
  for (const [step, shown] of [
    ["Schedule", page.getByRole("radio").first()],
    ["Table and columns", page.getByRole("table", { name: "First rows of public.orders" })],
    ["Destination", page.getByRole("radio").first()],
    ["Table", page.getByRole("option").first()],
    ["Source", page.getByRole("radio").first()],
  ] as const) {
    await page
      .getByRole("navigation", { name: "Steps" })
      .getByRole("link", { name: new RegExp(`^${step}( ?, done)?$`) })
      .click();
    await shown.waitFor();
    if (step === "Schedule") await choice(page, "Every day").click();
    await expectAccessible(page);
  }
});

test("by keyboard alone, to a verified run", async ({ page, ends }) => {
  await page.goto("/pipelines");
  const startedAt = Date.now();
  const press = async (target: Locator) => {
    await tabTo(page, target);
    await page.keyboard.press("Enter");
  };
  await press(page.getByRole("link", { name: "New pipeline" }).first());
  await expect(page.getByRole("heading", { level: 1, name: "New pipeline" })).toBeFocused();
  await chooseByKeys(page, page.getByRole("radiogroup", { name: "Source" }), ends.shop);
  await press(page.getByRole("button", { name: "Continue" }));

  await expect(heading(page, QUESTIONS.table)).toBeFocused();
  await tabTo(page, page.getByRole("combobox", { name: "Search the tables of the source" }));
  await page.keyboard.type("ord");
  await page.keyboard.press("Enter");
  await expect(table(page, "orders")).toHaveAttribute("aria-selected", "true");
  // Enter on what is chosen goes on.
  await page.keyboard.press("Enter");

  await expect(heading(page, QUESTIONS.destination)).toBeFocused();
  await chooseByKeys(page, page.getByRole("radiogroup", { name: "Destination" }), ends.warehouse);
  await press(page.getByRole("button", { name: "Continue" }));

  await tabTo(page, page.getByRole("textbox", { name: "Destination table" }));
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("public.by_keyboard");
  await page.keyboard.press("Enter");

  await expect(heading(page, QUESTIONS.schedule)).toBeFocused();
  await press(page.getByRole("button", { name: "Continue" }));
  await tabTo(page, page.getByRole("textbox", { name: "Name" }));
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("Made by keyboard");
  await press(page.getByRole("button", { name: "Create and run" }));
  await expect(isVerified(page)).toBeVisible();
  process.stdout.write(`  a pipeline by keyboard, to its verified run: ${seconds(startedAt)} s\n`);
});

test("a step is locked until the one before holds, and says what is missing", async ({ page, ends }) => {
  await page.goto("/pipelines/new?step=review");
  await expect(page).toHaveURL(/step=source/);
  await goOn(page);
  await expect(page.getByText("Choose the data source to read from")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Steps" }).getByRole("link")).toHaveCount(1);
  await expectAccessible(page);
  await choice(page, ends.shop).click();
  await expect(page.getByText("Choose the data source to read from")).toBeHidden();
});

test("a reload and the back button lose nothing", async ({ page, ends }) => {
  page.on("dialog", (dialog) => void dialog.accept());
  await fillUpTo(page, ends, "columns");
  await page.getByRole("textbox", { name: "Destination table" }).fill("public.reloaded");
  await choice(page, "Add the rows to those that are there").click();
  await page.reload();
  await expect(heading(page, QUESTIONS.columns)).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Destination table" })).toHaveValue("public.reloaded");
  await expect(choice(page, "Add the rows to those that are there")).toBeChecked();
  await page.goBack();
  await expect(heading(page, QUESTIONS.destination)).toBeVisible();
  await expect(choice(page, ends.warehouse)).toBeChecked();
  await page.goForward();
  await expect(page.getByRole("textbox", { name: "Destination table" })).toHaveValue("public.reloaded");
});

test("leaving asks first, and discards only then", async ({ page, ends }) => {
  await fillUpTo(page, ends, "table");
  const leave = () => page.getByRole("link", { name: "Pipelines", exact: true }).first().click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await leave();
  await expect(question).toBeVisible();
  await expectAccessible(page);
  await question.getByRole("button", { name: "Keep editing" }).click();
  await expect(heading(page, QUESTIONS.table)).toBeVisible();
  await leave();
  await question.getByRole("button", { name: "Discard and leave" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Pipelines" })).toBeVisible();
  await page.goto("/pipelines/new");
  await expect(heading(page, QUESTIONS.source)).toBeVisible();
  await expect(choice(page, ends.shop)).not.toBeChecked();
});

test.describe("what is wrong", () => {
  test.describe("with a name that is taken", () => {
    test.use({ expectedTrouble: [/\b400\b/] });

    test("is found before, and lands at the name when it is sent all the same", async ({ page, ends }) => {
      await ends.addPipeline({ name: "Taken by a script" });
      await fillUpTo(page, ends, "review");
      const name = page.getByRole("textbox", { name: "Name" });
      await name.fill("Taken by a script");
      const required = page.getByRole("region", { name: "Required" });
      await expect(required.getByText("Pipeline name already exists")).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await expect(name).toBeFocused();
      await expect(name).toHaveAttribute("aria-invalid", "true");
      await name.fill("Free again");
      await expect(name).not.toHaveAttribute("aria-invalid", "true");
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Free again" })).toBeVisible();
    });
  });

  for (const [what, cron, reason] of [
    ["no cron expression", "every day", "does not have five fields"],
    ["a fire every second", "* * * * * *", "does not have five fields"],
    ["a minute that there is none of", "61 * * * *", "Invalid value for minute"],
    ["a day that never comes", "0 0 30 2 *", "it never fires"],
  ] as const) {
    test(`with the schedule is explained: ${what}`, async ({ page, ends }) => {
      await fillUpTo(page, ends, "schedule");
      await choice(page, "Another time").click();
      const field = page.getByRole("textbox", { name: "Cron expression" });
      await field.fill(cron);
      await expect(page.getByRole("region", { name: "Next runs" }).getByText(reason)).toBeVisible();
      await goOn(page);
      await expect(field).toBeFocused();
      await expect(heading(page, QUESTIONS.schedule)).toBeVisible();
      await expectAccessible(page);
    });
  }

  test("with a destination column that is too narrow is shown at the column", async ({ page, ends }) => {
    await ends.inWarehouse.query("create table orders (id integer, state text, total numeric(12,2), placed_at date)");
    await fillUpTo(page, ends, "columns");
    const plan = page.getByRole("region", { name: "What a run would do" });
    await expect(plan.getByText("A run would be refused: The destination column id of type integer")).toBeVisible();
    await expect(plan.getByText("TYPE_MISMATCH")).toBeVisible();
    await expect(plan.getByRole("row", { name: /^id/ }).getByRole("img", { name: "Refused" })).toBeVisible();
    await expect(plan.getByRole("row", { name: /^placed_at/ }).getByRole("img", { name: "Refused" })).toBeVisible();
    await expect(plan.getByRole("row", { name: /^total/ }).getByText("numeric(12,2)")).toHaveCount(2);
    await expectAccessible(page);
    await page.getByRole("textbox", { name: "Destination table" }).fill("public.orders_new");
    await expect(plan.getByText("Is created by the first run")).toBeVisible();
  });

  test("with a source table that was dropped meanwhile is told, and where to mend it", async ({ page, ends }) => {
    await fillUpTo(page, ends, "schedule");
    await ends.inShop.query("drop table orders");
    await goOn(page);
    const required = page.getByRole("region", { name: "Required" });
    await expect(required.getByText("The source has no table public.orders")).toBeVisible();
    await expectAccessible(page);
    await required.getByRole("link", { name: /^Change this.*Source table$/ }).click();
    await page.getByRole("button", { name: "Read the tables again" }).click();
    await expect(page.getByText("There is no table public.orders any more: choose another one")).toBeVisible();
  });

  test.describe("with a data source", () => {
    test.use({ expectedTrouble: [/\b400\b/] });

    test("that nobody answers for is told at once, with what to check", async ({ page, ends }) => {
      await ends.addUnreachable("create unreachable");
      await page.goto("/pipelines/new");
      await choice(page, "create unreachable").click();
      await goOn(page);
      const alert = page.getByRole("alert");
      await expect(alert).toContainText("refused the connection");
      await expectAccessible(page);
      await expect(alert.getByRole("button", { name: "Try again" })).toBeVisible();
    });

    test("that was deleted meanwhile lands at its step", async ({ page, ends }) => {
      await fillUpTo(page, ends, "review");
      const deleted = await page.request.delete(`/api/data-sources/${ends.warehouseId}`);
      expect(deleted.status()).toBe(200);
      await page.getByRole("button", { name: "Create", exact: true }).click();
      await expect(heading(page, QUESTIONS.destination)).toBeVisible();
      await expect(page.getByText("The destination data source does not exist")).toBeVisible();
      await expectAccessible(page);
    });
  });
});

test("five thousand tables are searched without a wait", async ({ page, ends }) => {
  for (let block = 0; block < 50; block += 1) {
    await ends.inShop.query(`do $$ begin
      for n in ${block * 100}..${block * 100 + 99} loop
        execute format('create table measurement_%s (id bigint primary key)', lpad(n::text, 4, '0'));
      end loop; end $$`);
  }
  await page.goto("/pipelines/new");
  await choice(page, ends.shop).click();
  let at = Date.now();
  await goOn(page);
  const search = page.getByRole("combobox", { name: "Search the tables of the source" });
  await expect(search).toHaveAttribute("placeholder", "Search 5,001 tables");
  const opened = seconds(at);
  await expect(page.getByRole("option")).not.toHaveCount(5001);
  at = Date.now();
  await search.fill("measurement 4711");
  await expect(page.getByRole("option")).toHaveCount(1);
  process.stdout.write(`  5,001 tables: shown after ${opened} s, one of them found after ${seconds(at)} s\n`);
  await search.press("Enter");
  await expect(table(page, "measurement_4711")).toHaveAttribute("aria-selected", "true");
});
