import { join } from "node:path";
import { chromiumPath, INSTALL_HINT } from "./support/chromium.ts";
import { type DataFolder, makeDataFolder } from "./support/data-folder.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";
import { type Product, startProduct } from "./support/product.ts";

/* A product of its own: the one of the other journeys was started with the sample. */

test.use({ isSignedIn: false });

// Skipped before anything is started.
test.skip(chromiumPath() === null, INSTALL_HINT);

let data: DataFolder;
let product: Product;
test.beforeAll(async () => {
  data = makeDataFolder();
  product = await startProduct(join(data.folder, "data"), { isWithSample: false });
});
test.afterAll(async () => {
  await product.stop();
  data.remove();
});

test("who has nothing yet chooses, and the sample is loaded and verified before one's eyes", async ({ page }) => {
  await page.goto(product.setUpUrl);
  await page.getByLabel("Your name").fill("Ada Miller");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough phrase");
  await page.getByLabel("Organization").fill("Mill Road");
  await page.getByRole("button", { name: "Create the account" }).click();

  await expect(page.getByRole("heading", { name: "Where do you want to begin?" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Load the sample" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "New data source" }).click();
  await expect(page).toHaveURL(/\/data-sources\/new/);
  await page.goBack();

  await page.getByRole("button", { name: "Load the sample" }).click();
  await expect(page.getByRole("button", { name: "Making the sample…" })).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: /^Run of Sample/ })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByText("Verified", { exact: true })).toBeVisible({ timeout: 90_000 });
  await page.getByRole("link", { name: "Pipelines" }).first().click();
  await expect(page.getByRole("link", { name: /^Sample/ })).toBeVisible();
  await expect(page.getByText("Where do you want to begin?")).toHaveCount(0);
});
