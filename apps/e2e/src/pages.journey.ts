import type { Page } from "@playwright/test";
import { expect, expectAccessible, test } from "./support/journey.ts";

const widths = [
  { name: "wide", viewport: { width: 1440, height: 900 } },
  { name: "narrow", viewport: { width: 390, height: 844 } },
];

/** Nothing sticks out to the side. */
async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overhang = await page.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
  expect(overhang).toBeLessThanOrEqual(0);
}

for (const { name, viewport } of widths) {
  test.describe(`on a ${name} screen`, () => {
    test.use({ viewport });

    test("every page is accessible and fits, in both themes", async ({ page }) => {
      await page.goto("/");
      await expect(page).toHaveTitle("Pipelines · Millrace");
      await page.getByRole("link", { name: /^Sample/ }).waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);

      await page.getByRole("link", { name: /^Sample/ }).click();
      await expect(page.getByRole("heading", { level: 1, name: /^Sample/ })).toBeFocused();
      await page.getByRole("region", { name: "Runs" }).getByRole("link").first().waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);

      await page.getByRole("region", { name: "Runs" }).getByRole("link").first().click();
      await page.getByRole("region", { name: "Log" }).waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);

      await page.goto("/data-sources");
      await page.getByRole("rowheader", { name: "Sample store" }).waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);

      await page.goto("/pipelines?search=there+is+no+such+name");
      await expect(page.getByText("No pipeline matches")).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Show all pipelines" }).click();
      await expect(page).toHaveURL(/\/pipelines$/);

      await page.goto("/no/such/page");
      await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
      await expectAccessible(page);
    });
  });
}

test("the theme is chosen in the account menu, kept over a reload, and reachable by keyboard alone", async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/pipelines");
  await page.getByRole("button", { name: "Mill Road" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await expectAccessible(page);
  const dark = page.getByRole("menuitemradio", { name: "Dark" });
  while (!(await dark.evaluate((item) => item.matches(":focus")))) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Mill Road" })).toBeFocused();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("what narrows the list is in the address, and comes back with it", async ({ page }) => {
  await page.goto("/pipelines");
  await page.getByLabel("Search pipelines").fill("order lines");
  await expect(page).toHaveURL(/search=order\+lines/);
  await page.getByRole("button", { name: /^Inactive/ }).click();
  await expect(page).toHaveURL(/status=inactive/);
  await page.reload();
  await expect(page.getByLabel("Search pipelines")).toHaveValue("order lines");
  await expect(page.getByRole("button", { name: /^Inactive/ })).toHaveAttribute("aria-pressed", "true");
});

test.describe("what is not there", () => {
  test.use({ expectedTrouble: [/\b404\b|Run not found/] });

  test("is said in one sentence, with a way on", async ({ page }) => {
    await page.goto("/runs/019ab000-0000-7000-8000-000000000000");
    await expect(page.getByRole("alert")).toContainText("Run not found");
    await expectAccessible(page);
    await page.getByRole("link", { name: "Go to the pipelines" }).click();
    await expect(page.getByRole("heading", { name: "Pipelines" })).toBeVisible();
  });
});
