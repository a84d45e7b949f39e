import type { Locator, Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, type PipelineEnds } from "./support/pipeline-ends.ts";

const test = journey.extend<{ readonly ends: PipelineEnds }>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, "backfill");
    await ends.inShop.query(`
      create table visits (id int primary key, note text, at timestamptz not null);
      insert into visits select n, 'first', timestamptz '2026-01-01 00:00+00' + n * interval '1 day' from generate_series(0, 29) n`);
    await use(ends);
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
  // A window that the source refuses is answered with 400, which the form shows.
  expectedTrouble: [/400/],
});

const dialog = (page: Page): Locator => page.getByRole("dialog", { name: "Read rows once more" });
const succeeded = (page: Page): Locator => page.getByRole("status").filter({ hasText: /^The run succeeded/ });

async function openBackfill(page: Page): Promise<void> {
  await page.getByRole("button", { name: "More about this pipeline" }).click();
  await page.getByRole("menuitem", { name: "Backfill…" }).click();
}

test("a window of the cursor is read once more, and the position stays where it is", async ({ page, ends }) => {
  test.slow();
  const { id } = await ends.addPipeline({
    name: "Visits once more",
    source_table: "visits",
    destination_table: "public.visits",
    write_mode: "merge",
    policies: { incremental: { cursor: "at" } },
  });
  await page.goto(`/pipelines/${id}`);
  await openBackfill(page);
  await expect(dialog(page).getByText("none yet: the next run reads all rows")).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(succeeded(page)).toBeAttached();
  const position = page.getByRole("region", { name: "Position" });
  await expect(position.getByText("the beginning")).toBeVisible();
  await expect(position.getByText(/^2026-01-30/)).toBeVisible();
  await expectAccessible(page);

  await ends.inShop.query("update visits set note = 'mended'");
  await page.goto(`/pipelines/${id}`);
  await openBackfill(page);
  await expect(dialog(page).getByText(/at = 2026-01-30/)).toBeVisible();
  await expect(dialog(page).getByText("(timestamp with time zone)")).toBeVisible();
  const [from, to] = ["From", "To"].map((name) => dialog(page).getByRole("textbox", { name }));
  await from?.fill("soon");
  await dialog(page).getByRole("button", { name: "Start the backfill" }).click();
  await expect(dialog(page).getByText("This end is no value of the cursor's type timestamptz")).toBeVisible();
  await expectAccessible(page);
  await from?.fill("2026-01-03 00:00+00");
  await to?.fill("2026-01-02 00:00+00");
  await page.keyboard.press("Enter");
  await expect(dialog(page).getByText("This end comes before the beginning")).toBeVisible();
  await to?.fill("2026-01-05 00:00+00");
  await page.keyboard.press("Enter");

  await expect(page.getByText("· backfill")).toBeVisible();
  await expect(succeeded(page)).toBeAttached();
  await expect(position.getByText("A backfill: rows were read once more")).toBeVisible();
  await expectAccessible(page);
  const { rows } = await ends.inWarehouse.query("select id from visits where note = 'mended' order by id");
  expect(rows.map((row: { id: number }) => row.id)).toEqual([2, 3, 4]);

  await page.goto(`/pipelines/${id}?tab=configuration`);
  await expect(page.getByRole("region", { name: "Configuration" }).getByText(/at = 2026-01-30/)).toBeVisible();
  await expect(page.getByText("2 at each end at once")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Runs", exact: true }).last().click();
  await expect(page.getByText("By hand, as a backfill")).toBeVisible();
});
