import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";

const PASSWORD = "a long enough phrase";

test.describe("the password", () => {
  test.use({ expectedTrouble: [/\b40[01]\b/] });

  test("is changed with the current one, and ends every other session", async ({ page, browser }) => {
    const other = await browser.newContext({ baseURL: theStage().url });
    const signedIn = await other.request.post("/api/auth/login", {
      data: { username: "ada@example.com", password: PASSWORD },
    });
    expect(signedIn.status()).toBe(200);

    await page.goto("/settings/password");
    await page.getByRole("button", { name: "Change the password" }).click();
    await expect(page.getByText("needs at least 8 characters")).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel("Current password").fill("not the phrase");
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change the password" }).click();
    await expect(page.getByText("The current password is wrong")).toBeVisible();
    await expect(page.getByLabel("Current password")).toBeFocused();
    await expectAccessible(page);

    // To the one that it was: other journeys sign in with it.
    await page.getByLabel("Current password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByText("Password changed")).toBeVisible();
    await expect(page.getByLabel("New password")).toHaveValue("");
    expect((await other.request.get("/api/pipelines")).status()).toBe(401);
    await other.close();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  });
});

test("name and organization show in the sidebar as soon as they are saved", async ({ page }) => {
  await page.goto("/settings/profile");
  await expectAccessible(page);
  await page.getByLabel("Your name").fill("Ada of Mill Road");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Profile saved")).toBeVisible();
  await expect(page.getByRole("button", { name: /Ada of Mill Road/ })).toBeVisible();
  await page.getByLabel("Your name").fill("Ada Miller");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /Ada Miller/ })).toBeVisible();

  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Organization" }).click();
  await expect(page).toHaveURL(/\/settings\/organization$/);
  await expect(page.getByText("Your role")).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Name").fill("");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByText("is required")).toBeVisible();
  await page.getByLabel("Name").fill("Mill Road Nord");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /Mill Road Nord/ })).toBeVisible();
  await page.getByLabel("Name").fill("Mill Road");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /Mill Road Ada/ })).toBeVisible();
});

test("a token is shown once, works, and stops when it is revoked", async ({ page, playwright }) => {
  await page.goto("/settings/tokens");
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("journey of the settings");
  await dialog.getByLabel("Role").selectOption("operator");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "The token is made" })).toBeVisible();
  await expectAccessible(page);
  const secret = await dialog.getByRole("region", { name: /^Token journey/ }).innerText();
  expect(secret).toMatch(/^mr_\w{64}$/);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("button", { name: "New token" })).toBeFocused();
  await expect(page.getByText(secret)).toHaveCount(0);

  const script = await playwright.request.newContext({
    baseURL: theStage().url,
    extraHTTPHeaders: { authorization: `Bearer ${secret}` },
  });
  expect((await script.get("/api/pipelines")).status()).toBe(200);

  const row = page.getByRole("row", { name: /journey of the settings/ });
  await expect(row).toContainText("operator");
  await expectAccessible(page);
  await row.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toHaveCount(0);
  await expect(page.getByText("Token revoked")).toBeVisible();
  expect((await script.get("/api/pipelines")).status()).toBe(401);
  await script.dispose();
});
