import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromiumPath, INSTALL_HINT } from "./support/chromium.ts";
import { type DevServer, startDevServer } from "./support/dev-server.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";
import { thumbnailOf } from "./support/thumbnail.ts";

/*
 * The components of the design system, each with its states, on the page that developers have at /dev/ui. What is compared is a
 * thumbnail of each with the one that is stored: fonts and icons come with the app, so their places are the same everywhere, and
 * what differs between machines, the smoothing of edges, is gone at that size. After a change that is meant:
 * `pnpm --filter @millrace/e2e test components --update-snapshots`, and look at what git shows.
 */

const COMPONENTS = join(import.meta.dirname, "../../web/src/components/ui");
/** Parts of another component, which are seen with it, and what shows only while one leaves a page. */
const SEEN_ELSEWHERE = ["combobox-list", "field-frame", "leave-guard"];

test.use({ isSignedIn: false, viewport: { width: 1100, height: 900 }, timezoneId: "UTC", locale: "en-GB" });

// Skipped before anything is started.
test.skip(chromiumPath() === null, INSTALL_HINT);

let server: DevServer;
test.beforeAll(async () => {
  server = await startDevServer();
});
test.afterAll(() => server.stop());

test.beforeEach(async ({ page }) => {
  // The first visit makes the server bundle what it finds, after which it may reload the page by itself.
  await page.goto(`${server.url}/dev/ui`);
  await page.locator("[data-specimen]").first().waitFor();
  await page.waitForLoadState("networkidle");
});

test("each component has a specimen, and all are accessible", async ({ page }) => {
  const files = readdirSync(COMPONENTS).map((file) => file.replace(/\.tsx?$/, ""));
  const shown: string[] = await page
    .locator("[data-specimen]")
    .evaluateAll((all) => all.map((each) => each.getAttribute("data-specimen") ?? ""));
  expect(shown.toSorted()).toEqual(files.filter((file) => !SEEN_ELSEWHERE.includes(file)).toSorted());
  await expectAccessible(page);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`each component looks as it did, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
    await page.evaluate("document.fonts.ready.then(() => undefined)");
    for (const specimen of await page.locator("[data-specimen]").all()) {
      const name = (await specimen.getAttribute("data-specimen")) ?? "";
      const { image, colourCount } = await thumbnailOf(page, await specimen.screenshot({ animations: "disabled" }));
      expect.soft(colourCount, `${name} shows something`).toBeGreaterThan(1);
      expect.soft(image).toMatchSnapshot(`${name}-${colorScheme}.png`, { threshold: 0.1, maxDiffPixelRatio: 0.01 });
    }
  });
}

test("a combobox finds one of thousands by keyboard alone, and refuses what it says it refuses", async ({ page }) => {
  const field = page.getByRole("combobox", { name: "Source table" });
  await field.focus();
  await page.keyboard.press("Enter");
  const options = page.getByRole("dialog", { name: "Source table" }).getByRole("option");
  await expect(options.filter({ hasText: /events_12/ })).toBeVisible();
  expect(await options.count(), "of five thousand only those in sight are drawn").toBeLessThan(100);
  await expectAccessible(page);
  await page.keyboard.type("events_4904");
  await expect(options).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(field).toHaveText(/events_4904/);
  await expect(field).toBeFocused();

  await page.keyboard.press("Enter");
  await page.keyboard.type("events_4903");
  await expect(options).toHaveText(/no permission to read it/);
  await expect(options).toHaveAttribute("aria-disabled", "true");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(field).toHaveText(/events_4904/);
});

test("a dialog holds the focus and gives it back, and a tooltip comes with the focus", async ({ page }) => {
  const open = page.locator("[data-specimen=dialog]").getByRole("button", { name: "Open" });
  await open.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Statements for the destination" })).toBeVisible();
  await expectAccessible(page);
  for (let presses = 0; presses < 4; presses += 1) {
    await page.keyboard.press("Tab");
    await expect(page.getByRole("dialog").locator(":focus")).toHaveCount(1);
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(open).toBeFocused();
  const refresh = page.getByRole("button", { name: "Refresh" });
  await refresh.focus();
  await expect(refresh).toHaveAccessibleDescription("Reads both catalogs again");
  await expect(page.getByText("Reads both catalogs again").filter({ visible: true })).toBeVisible();
});
