import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, type PipelineEnds } from "./support/pipeline-ends.ts";

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, "quarantine");
    await ends.inShop.query(`create table people (id int primary key, age int, city text);
      insert into people select i, case when i % 50 = 7 then 3 else 30 end, case when i = 100 then 'far too long' else 'Rome' end
      from generate_series(1, 300) i`);
    await ends.inWarehouse.query(
      "create table people (id int primary key, age int constraint grown check (age >= 18), city varchar(5))",
    );
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
});

const panel = (page: Page): Locator => page.getByRole("region", { name: "Rows set aside" });
const listed = (page: Page): Locator => panel(page).getByRole("rowheader");
const count = async (ends: PipelineEnds) =>
  Number((await ends.inWarehouse.query("select count(*) from people")).rows[0].count);

test("rows that the destination refuses are set aside, looked through, mended, replayed and discarded", async ({
  page,
  ends,
}) => {
  test.slow();
  const tables = { source_table: "people", destination_table: "public.people" };
  const { id } = await ends.addPipeline({ name: "People with a budget", ...tables });

  // The budget, in plain words.
  await page.goto(`/pipelines/${id}/edit?step=columns`);
  const refused = page.getByRole("radiogroup", { name: "What should happen when the destination refuses rows?" });
  await expect(refused.getByRole("radio", { name: "Fail the run" })).toBeChecked();
  await refused.getByRole("radio", { name: "Set them aside, up to a limit" }).check();
  const limit = page.getByRole("textbox", { name: "At most so many rows" });
  await limit.fill("20");
  await limit.blur();
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.goto(`/pipelines/${id}?tab=configuration`);
  await expect(page.getByText("Up to 20 rows that the destination refuses are set aside")).toBeVisible();

  await page.goto(`/pipelines/${id}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(panel(page)).toBeVisible();
  await expect(page.getByText("· 293 rows, 7 set aside")).toBeVisible();
  const runUrl = new URL(page.url()).pathname;
  expect(await count(ends)).toBe(293);
  await expect(listed(page)).toHaveCount(7);
  await expectAccessible(page);

  // Every filter is in the address.
  await page.getByLabel("Code", { exact: true }).selectOption({ label: "VALUE_OUT_OF_RANGE (1)" });
  await expect(page).toHaveURL(/code=VALUE_OUT_OF_RANGE/);
  await expect(listed(page)).toHaveText(["id = 100"]);
  await page.getByLabel("Code", { exact: true }).selectOption({ label: "Any code" });
  await page.getByLabel("Column", { exact: true }).selectOption({ label: "age (6)" });
  await expect(listed(page)).toHaveCount(6);
  await page.getByRole("searchbox", { name: "Search by key" }).fill("57");
  await expect(listed(page)).toHaveText(["id = 57", "id = 157", "id = 257"]);
  await page.reload();
  await expect(listed(page)).toHaveText(["id = 57", "id = 157", "id = 257"]);

  // One row is mended and replayed.
  await page.getByRole("button", { name: "id = 157" }).click();
  const dialog = page.getByRole("dialog", { name: "id = 157" });
  await expect(dialog.getByRole("listitem", { name: "age" })).toContainText("refused");
  await expectAccessible(page);
  await dialog.getByRole("textbox", { name: "age" }).fill("44");
  await expect(dialog.getByText("It was 3")).toBeVisible();
  await dialog.getByRole("button", { name: "Replay with these values" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Replay of People with a budget");
  await expect(page.getByText("Succeeded", { exact: true }).first()).toBeVisible();
  expect((await ends.inWarehouse.query("select age from people where id = 157")).rows).toEqual([{ age: 44 }]);
  const verification = page.getByRole("region", { name: "Verification" });
  await expect(verification.getByText("Verified", { exact: true })).toBeVisible();
  await expect(verification).toContainText("stand in the destination as they were held");
  await expect(verification.getByRole("heading", { name: "Held rows" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "this run" }).click();
  await expect(page).toHaveURL(new RegExp(runUrl));
  await expect(panel(page).getByText("Replayed", { exact: true }).first()).toBeVisible();

  // One is discarded, after a word on what that means.
  await page.getByRole("checkbox", { name: "Choose id = 100" }).check();
  await panel(page).getByRole("button", { name: "Discard…" }).click();
  const ask = page.getByRole("alertdialog", { name: "Discard the chosen row?" });
  await expect(ask.getByRole("button", { name: "Keep them held" })).toBeFocused();
  await ask.getByRole("button", { name: "Discard 1 row" }).click();
  const states = page.getByRole("group", { name: "State of the rows" });
  await states.getByRole("button", { name: /^Discarded/ }).click();
  await expect(page).toHaveURL(/aside=discarded/);
  await expect(listed(page)).toHaveText(["id = 100"]);
  await states.getByRole("button", { name: /^All/ }).click();

  // The others are refused again, then arrive once the destination takes them.
  await panel(page).getByRole("button", { name: "Replay all held" }).click();
  await expect(page.getByRole("region", { name: "Failure" })).toContainText("refused all 5 rows again");
  await ends.inWarehouse.query("alter table people drop constraint grown");
  await page.goto(runUrl);
  await panel(page).getByRole("button", { name: "Replay all held" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Replay of People with a budget");
  await expect(page.getByText("Succeeded", { exact: true }).first()).toBeVisible();
  expect(await count(ends)).toBe(299);
  await page.goto(runUrl);
  await expect(states.getByRole("button", { name: /^Replayed/ })).toContainText("6");
  await expect(panel(page).getByRole("button", { name: "Replay all held" })).toHaveCount(0);
});
