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

interface Visit {
  readonly name: string;
  /** Ends where the page is all there. */
  readonly open: (page: Page) => Promise<void>;
}

/** Each is a test of its own: axe reads a page four times, which takes as long as the machine lets it. */
const visits: readonly Visit[] = [
  {
    name: "the list of pipelines",
    open: async (page) => {
      await page.goto("/");
      await expect(page).toHaveTitle("Pipelines · Millrace");
      await page.getByRole("table", { name: "Pipelines" }).getByRole("link").first().waitFor();
    },
  },
  {
    name: "a pipeline",
    open: async (page) => {
      await openSample(page);
      await expect(page.getByRole("heading", { level: 1, name: /^Sample/ })).toBeFocused();
      await page.getByRole("region", { name: "Runs" }).getByRole("link").first().waitFor();
    },
  },
  {
    name: "a run",
    open: async (page) => {
      await openSample(page);
      await page.getByRole("region", { name: "Runs" }).getByRole("link").first().click();
      await page.getByRole("region", { name: "Log" }).waitFor();
    },
  },
  {
    name: "the list of data sources",
    open: async (page) => {
      await page.goto("/data-sources");
      await page.getByRole("rowheader", { name: "Sample store" }).waitFor();
    },
  },
  {
    name: "a list that nothing is left of",
    open: async (page) => {
      await page.goto("/pipelines?search=there+is+no+such+name");
      await expect(page.getByText("No pipeline matches")).toBeVisible();
    },
  },
  {
    name: "an address that leads nowhere",
    open: async (page) => {
      await page.goto("/no/such/page");
      await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
    },
  },
];

/** By its name: other journeys leave pipelines, and only those in sight are drawn. */
async function openSample(page: Page): Promise<void> {
  await page.goto("/pipelines?search=Sample");
  await page.getByRole("link", { name: /^Sample/ }).click();
}

for (const { name: width, viewport } of widths) {
  test.describe(`on a ${width} screen`, () => {
    test.use({ viewport });
    for (const { name, open } of visits) {
      test(`${name} is accessible and fits, in both themes`, async ({ page }) => {
        await open(page);
        await expectAccessible(page);
        await expectNoSidewaysScroll(page);
      });
    }
  });
}

test("a search that finds nothing leads back to all pipelines", async ({ page }) => {
  await page.goto("/pipelines?search=there+is+no+such+name");
  await page.getByRole("button", { name: "Show all pipelines" }).click();
  await expect(page).toHaveURL(/\/pipelines$/);
});

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
