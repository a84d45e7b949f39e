import { expect, expectAccessible, test } from "./support/journey.ts";

test("the command palette leads anywhere and runs a pipeline, by keyboard alone", async ({ page }) => {
  await page.goto("/pipelines?search=Sample");
  await page
    .getByRole("link", { name: /^Sample/ })
    .first()
    .waitFor();

  await test.step("to a page", async () => {
    await page.keyboard.press("Control+k");
    const palette = page.getByRole("dialog", { name: "Search and commands" });
    await expect(palette.getByRole("option", { name: /^Run / }).first()).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.type("settings");
    await expect(palette.getByRole("option", { selected: true })).toHaveText(/^Settings/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeFocused();
    await expect(page).toHaveTitle("Profile · Settings · Millrace");
    await expect(palette).toHaveCount(0);
  });

  await test.step("to a data source", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("sample store");
    await expect(page.getByRole("option", { name: /^Sample store/, selected: true })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Sample store" })).toBeFocused();
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });

  await test.step("a run", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("run sample: order");
    await expect(page.getByRole("option", { name: /^Run Sample: order/, selected: true })).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: /^Run of Sample/ })).toBeVisible();
    await expect(page.getByText("Verified", { exact: true })).toBeVisible({ timeout: 60_000 });
  });

  await test.step("nothing that matches", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("there is no such thing");
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });
});

test("the palette that is opened while a page is on its way keeps the focus when the page arrives", async ({
  page,
}) => {
  let deliver = () => {};
  const asked = new Promise<void>((resolve) => (deliver = resolve));
  await page.route("**/assets/settings-*.js", async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto("/pipelines");
  await expect(page.getByRole("heading", { level: 1, name: "Pipelines" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/\/settings/);
  await page.keyboard.press("Control+k");
  const search = page.getByRole("combobox", { name: "Search and commands" });
  await expect(search).toBeFocused();
  deliver();
  await expect(page.locator("main h1")).toHaveText("Settings");
  await expect(page.getByText("Your name")).toBeAttached();
  await page.keyboard.type("runs");
  await expect(search).toHaveValue("runs");
});

test("the palette that is opened again while it fades out takes what is typed at once", async ({ page }) => {
  await page.goto("/pipelines");
  await expect(page.getByRole("heading", { level: 1, name: "Pipelines" })).toBeVisible();
  const search = page.getByRole("combobox", { name: "Search and commands" });
  await page.keyboard.press("Control+k");
  await expect(search).toBeFocused();
  await page.keyboard.type("data sources");
  await expect(page.getByRole("option", { selected: true })).toHaveText(/^Data sources/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("runs");
  await expect(search).toHaveValue("runs");
  await expect(page.locator("main h1")).toHaveText("Data sources");
  await expect(search).toBeFocused();
});

test("the palette gives the focus back to where it was, and changes the theme", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/pipelines");
  const search = page.getByLabel("Search pipelines");
  await search.focus();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Search and commands" }).getByRole("combobox")).toBeFocused();
  await page.keyboard.type("theme dark");
  await expect(page.getByRole("option", { name: "Dark", selected: true })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(search).toBeFocused();
});

test("shortcuts lead around, stay out of fields and dialogs, and can be turned off", async ({ page }) => {
  await page.goto("/pipelines");
  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText("Pipelines");

  await page.keyboard.type("gd");
  await expect(heading).toHaveText("Data sources");
  await page.keyboard.type("gr");
  await expect(heading).toHaveText("Runs");
  await page.keyboard.type("gp");
  await expect(heading).toHaveText("Pipelines");

  const search = page.getByLabel("Search pipelines");
  await search.pressSequentially("g d?");
  await expect(search).toHaveValue("g d?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await search.fill("");
  await heading.focus();

  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await expect(sheet).toBeVisible();
  await sheet.getByRole("switch", { name: "Shortcuts of plain characters" }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await expect(heading).toBeFocused();
  await page.keyboard.press("?");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog", { name: "Search and commands" })).toBeVisible();
  await expect(sheet).toHaveCount(0);
});

test("on a narrow screen the drawer and the palette are at hand", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/pipelines");
  await page.getByRole("button", { name: "Open navigation" }).click();
  await expect(page.getByRole("dialog").getByRole("link", { name: "Settings" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await page.getByRole("button", { name: "Search and commands" }).click();
  await expect(page.getByRole("option").first()).toBeVisible();
  await expectAccessible(page);
});
