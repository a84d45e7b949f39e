import { type GatedPipeline, makeGatedPipeline } from "./support/gated-pipeline.ts";
import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test as journey } from "./support/journey.ts";

const test = journey.extend<{ readonly pipeline: GatedPipeline }>({
  pipeline: async ({ context }, use, { title }) => {
    const pipeline = await makeGatedPipeline(theStage(), context.request, `Listed: ${title.slice(0, 60)}`);
    await pipeline.shut();
    await use(pipeline);
    await pipeline.open();
    await pipeline.close();
  },
});

test("the list of runs follows a run from its start to its proof, without a reload", async ({ page, pipeline }) => {
  await page.goto(`/runs?pipeline=${pipeline.pipelineId}`);
  await expect(page.getByText("No run matches")).toBeVisible();
  await expectAccessible(page);
  await page.context().request.post(`/api/pipelines/${pipeline.pipelineId}/trigger`, { data: {} });
  const row = page.getByRole("row", { name: new RegExp(`^${pipeline.name}`) });
  await expect(row.getByText("Running")).toBeVisible();
  await expect(row.getByText("Through the API, Ada Miller")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Running 1$/ })).toBeVisible();
  await pipeline.open();
  await expect(row.getByText("Succeeded")).toBeVisible();
  await expect(row.getByText("Verified")).toBeVisible();
  await expect(row.getByText("20,000")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Succeeded 1$/ })).toBeVisible();
});

test("counts filter, filters are in the address and come back with it, by keyboard alone", async ({
  page,
  pipeline,
}) => {
  await pipeline.open();
  await page.context().request.post(`/api/pipelines/${pipeline.pipelineId}/trigger`, { data: {} });
  await page.goto("/pipelines");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Runs" })).toBeFocused();
  await expectAccessible(page);

  await page.getByRole("button", { name: /^Succeeded/ }).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/status=success/);
  await page.getByLabel("When it started").selectOption("day");
  await page.getByLabel("What started it").selectOption("api");
  await expect(page).toHaveURL(/period=day/);
  await page.reload();
  await expect(page.getByRole("button", { name: /^Succeeded/, pressed: true })).toBeVisible();
  await expect(page.getByLabel("What started it")).toHaveValue("api");
  const row = page.getByRole("row", { name: new RegExp(`^${pipeline.name}`) });
  await expect(row).toBeVisible();
  await row.getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: `Run of ${pipeline.name}` })).toBeFocused();
  await page.goBack();
  await expect(page.getByLabel("When it started")).toHaveValue("day");
});

test.describe("on a narrow screen", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the list of runs fits and is accessible", async ({ page }) => {
    await page.goto("/runs");
    await page.getByRole("row").nth(1).waitFor();
    await expectAccessible(page);
    const overhang = await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
    expect(overhang).toBeLessThanOrEqual(0);
    await page.getByRole("button", { name: /^Waiting/ }).click();
    await expect(page.getByText("No run matches")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Show all runs" }).click();
    await expect(page).toHaveURL(/\/runs$/);
  });
});
