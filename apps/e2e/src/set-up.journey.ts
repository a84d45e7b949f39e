import { theStage } from "./support/environment.ts";
import { expect, expectAccessible, test } from "./support/journey.ts";

test.use({ isSignedIn: false });

test("the set-up link leads to an account, and the sample arrives verified before one's eyes", async ({
  page,
  context,
}) => {
  const { setUpUrl, sessionFile } = theStage();

  await test.step("the link makes the first account", async () => {
    await page.goto(setUpUrl);
    await expect(page.getByRole("heading", { name: "Set up Millrace" })).toBeVisible();
    await expectAccessible(page);

    await page.getByRole("button", { name: "Create the account" }).click();
    await expect(page.getByText("needs at least 8 characters")).toBeVisible();
    await expectAccessible(page);

    await page.getByLabel("Your name").fill("Ada Miller");
    await page.getByLabel("E-mail address").fill("ada@example.com");
    await page.getByLabel("Password").fill("a long enough phrase");
    await page.getByLabel("Organization").fill("Mill Road");
    await page.getByRole("button", { name: "Create the account" }).click();
    await expect(page.getByRole("heading", { name: "Pipelines" })).toBeVisible();
    await context.storageState({ path: sessionFile });
  });

  await test.step("the sample pipeline runs and is verified", async () => {
    const sample = page.getByRole("row", { name: /^Sample/ });
    await expect(sample).toContainText("public.order_lines");
    await expectAccessible(page);
    await sample.getByRole("button", { name: /^Run now/ }).click();
    await page.getByRole("button", { name: "Watch" }).click();
    await expect(page.getByRole("heading", { name: /^Run of Sample/ })).toBeFocused();

    const verification = page.getByRole("region", { name: "Verification" });
    await expect(verification.getByText("Verified", { exact: true })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("status").getByText(/The run succeeded: [\d,]+ rows, verified/)).toBeAttached();
    const digests = await verification.getByRole("definition").allInnerTexts();
    expect(digests.slice(0, 3)).toEqual(digests.slice(3));
    expect(digests).toHaveLength(6);
    await expect(page.getByRole("log")).toContainText(/\w/);
    await expectAccessible(page);
  });

  await test.step("the link works once", async () => {
    await page.goto(setUpUrl);
    await expect(page.getByText("Millrace is set up already")).toBeVisible();
    await expectAccessible(page);
  });
});
