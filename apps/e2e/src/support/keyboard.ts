import type { Locator, Page } from "@playwright/test";
import { expect } from "./journey.ts";

/** More tab stops than any page has. */
const MAX_STOPS = 120;

const hasFocus = (target: Locator): Promise<boolean> => target.evaluate((element) => element.matches(":focus"));

/** Tabs until the target has the focus, as somebody without a mouse would. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target, "reachable by the Tab key").toBeFocused();
}

/** Tabs to a group of choices and walks it with the arrow keys until the one is chosen. */
export async function chooseByKeys(page: Page, group: Locator, name: string | RegExp): Promise<void> {
  const wanted = group.getByRole("radio", { name });
  await wanted.waitFor();
  const stops = group.getByRole("radio");
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    if (await group.evaluate((element) => element.contains(element.ownerDocument.activeElement))) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Space");
  const count = await stops.count();
  for (let step = 0; step < count && !(await wanted.isChecked()); step += 1) await page.keyboard.press("ArrowDown");
  await expect(wanted).toBeChecked();
}
