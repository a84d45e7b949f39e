import { expect, expectAccessible, test } from "./support/journey.ts";

test.use({ isSignedIn: false, expectedTrouble: [/\b401\b/] });

test("a wrong password is refused in one sentence, and the right one leads to where one wanted to go", async ({
  page,
}) => {
  await page.goto("/data-sources");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("not the phrase");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText(/The e-mail address or the password is wrong\. Check both/);
  await expect(page.getByLabel("Password")).toBeFocused();
  await expectAccessible(page);

  await page.getByLabel("Password").fill("a long enough phrase");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Data sources" })).toBeVisible();
});

test("signing out ends the session", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough phrase");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Pipelines" })).toBeVisible();

  await page.getByRole("button", { name: "Mill Road" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goBack();
  await page.goto("/pipelines");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a session that is ended elsewhere leads to the sign-in page, and back from there", async ({ page }) => {
  await page.goto("/sign-in?returnTo=/pipelines?search=Sample");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough phrase");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: /^Sample/ })).toBeVisible();

  const ended = await page.request.post("/api/auth/logout", { data: {} });
  expect(ended.status()).toBe(200);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough phrase");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: /^Sample/ })).toBeVisible();
  await expect(page.getByLabel("Search pipelines")).toHaveValue("Sample");
});

test("a sign-in never leads to another site", async ({ page, baseURL }) => {
  await page.goto("/sign-in?returnTo=//evil.example/pipelines");
  await page.getByLabel("E-mail address").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough phrase");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${baseURL}/pipelines`);
});
