import type { Page } from "@playwright/test";
import { theStage } from "./support/environment.ts";
import { makeGatedPipeline } from "./support/gated-pipeline.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";
import { makePipelineEnds, ORDERS, type PipelineEnds } from "./support/pipeline-ends.ts";

let journeys = 0;

interface EditFixtures {
  readonly ends: PipelineEnds;
  readonly pipeline: { readonly id: string; readonly name: string };
}

const test = journey.extend<EditFixtures>({
  ends: async ({ context }, use) => {
    const ends = await makePipelineEnds(theStage(), context.request, `edit${++journeys}`);
    await ends.inShop.query(ORDERS);
    await use(ends);
    // A page that still shows what is removed would ask for it.
    for (const page of context.pages()) await page.close();
    await ends.remove();
  },
  pipeline: async ({ ends }, use) => {
    const name = `Edited ${journeys}`;
    const fields = { name, source_table: "orders", destination_table: "public.orders", timezone: "Europe/Berlin" };
    await use({ ...(await ends.addPipeline(fields)), name });
  },
});

const step = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name: new RegExp(`^${name}( ?, done)?$`) });
const stored = async (page: Page, id: string): Promise<Record<string, unknown>> =>
  (await page.request.get(`/api/pipelines/${id}`)).json();

test("a schedule is set, all steps being open, and what changes is shown before it is saved", async ({
  page,
  pipeline,
}) => {
  await page.goto(`/pipelines/${pipeline.id}`);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Edit ${pipeline.name}` })).toBeFocused();
  for (const name of ["Table", "Destination", "Table and columns", "Schedule", "Review"]) {
    await expect(step(page, name)).toBeVisible();
  }
  await expectAccessible(page);
  await step(page, "Schedule").click();
  await page.getByRole("radio", { name: "Every weekday" }).click();
  await expect(page.getByText("At 06:00, Monday through Friday")).toBeVisible();
  await expectAccessible(page);
  await step(page, "Review").click();
  const changes = page.getByRole("region", { name: "What will change" });
  await expect(changes.getByText("before: By hand only")).toBeVisible();
  await expect(changes.getByText("0 6 * * 1-5")).toBeVisible();
  await expect(changes.getByRole("term")).toHaveText(["Schedule", "Schedule switch"]);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: pipeline.name, exact: true })).toBeVisible();
  expect(await stored(page, pipeline.id)).toMatchObject({
    schedule: "0 6 * * 1-5",
    timezone: "Europe/Berlin",
    status: "active",
    source_table: "orders",
  });
});

test("another source asks for its table, and nothing is saved until it is chosen", async ({ page, ends, pipeline }) => {
  await page.goto(`/pipelines/${pipeline.id}/edit?step=source`);
  await page.getByRole("radio", { name: ends.warehouse }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Choose the table to copy")).toBeVisible();
  expect(await stored(page, pipeline.id)).toMatchObject({ source_table: "orders" });
  await step(page, "Source").click();
  await page.getByRole("radio", { name: ends.shop }).click();
  await step(page, "Table").click();
  await page.getByRole("option", { name: /orders/ }).click();
  await expect(page.getByText("Choose the table to copy")).toBeHidden();
});

test("the table that a script wrote without its schema is the one that is chosen", async ({ page, pipeline }) => {
  await page.goto(`/pipelines/${pipeline.id}/edit?step=table`);
  await expect(page.getByRole("option", { selected: true })).toHaveText(/orders/);
  await page.getByRole("link", { name: "Pipelines", exact: true }).first().click();
  // Nothing was changed, so nothing is asked.
  await expect(page.getByRole("heading", { level: 1, name: "Pipelines" })).toBeVisible();
});

journey("while a run is under way, what is changed counts from the next", async ({ page, context }) => {
  const gated = await makeGatedPipeline(theStage(), context.request, "Edited while it runs");
  await gated.shut();
  await page.goto(`/pipelines/${gated.pipelineId}`);
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("heading", { name: `Run of ${gated.name}` })).toBeVisible();
  await page.goto(`/pipelines/${gated.pipelineId}/edit?step=review`);
  await expect(page.getByText("What you change here counts from the next run.")).toBeVisible();
  await page.getByRole("textbox", { name: "Name" }).fill("Edited while it ran");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Edited while it ran" })).toBeVisible();
  await gated.open();
  await expect
    .poll(async () => ((await stored(page, gated.pipelineId))["runs"] as { status: string }[])[0]?.status)
    .toBe("success");
  await gated.close();
});
