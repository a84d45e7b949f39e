import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { existsSync } from "node:fs";
import { chromiumPath, INSTALL_HINT } from "./chromium.ts";
import { isSlow, theStage } from "./environment.ts";
import { slowDown } from "./slow-line.ts";

export { expect };

export interface JourneyOptions {
  /** Whether the browser comes with the session that the first journey left. */
  readonly isSignedIn: boolean;
  /** Trouble that belongs to the journey, such as the refused sign-in that it tries. Anything else fails it. */
  readonly expectedTrouble: readonly RegExp[];
}

interface JourneyFixtures {
  readonly trouble: string[];
}

/**
 * A journey through the real product. It fails for any console error, script error, failed request, error status or report of
 * the content security policy that it did not expect, whatever else it found right.
 */
export const test = base.extend<JourneyOptions & JourneyFixtures>({
  isSignedIn: [true, { option: true }],
  expectedTrouble: [[], { option: true }],

  trouble: [
    async ({ expectedTrouble }, use, testInfo) => {
      testInfo.skip(chromiumPath() === null, INSTALL_HINT);
      const trouble: string[] = [];
      await use(trouble);
      const unexpected = trouble.filter((line) => !expectedTrouble.some((pattern) => pattern.test(line)));
      expect(unexpected, "what the browser complained about").toEqual([]);
    },
    { auto: true },
  ],

  baseURL: async ({ trouble: _started }, use) => use(theStage().url),

  storageState: async ({ isSignedIn, trouble: _started }, use) => {
    const { sessionFile } = theStage();
    await use(isSignedIn && existsSync(sessionFile) ? sessionFile : undefined);
  },

  context: async ({ context, trouble }, use) => {
    context.on("console", (message) => {
      if (message.type() === "error") trouble.push(`console: ${message.text()}`);
    });
    context.on("weberror", (error) => trouble.push(`script: ${error.error().message}`));
    context.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // What a page that is left had still under way.
      if (reason !== "net::ERR_ABORTED") trouble.push(`request: ${reason} ${request.url()}`);
    });
    context.on("response", (response) => {
      if (response.status() >= 400) trouble.push(`status: ${response.status()} ${response.url()}`);
    });
    // Reports of the policy are console errors as well, but not in every version of the browser.
    await context.addInitScript({
      content: `document.addEventListener("securitypolicyviolation", (event) => {
        console.error("csp: " + event.violatedDirective + " refused " + event.blockedURI);
      });`,
    });
    if (isSlow()) await slowDown(context);
    await use(context);
  },
});

/** A page that is left is shown until the next one has loaded, or its skeleton is; neither is what a journey means to look at. */
const ON_ITS_WAY = 'main[aria-busy="true"], main > [aria-busy="true"]';

/** No violation of any of axe's rules, best practices included, in the light and in the dark theme, once the page is there. */
export async function expectAccessible(page: Page): Promise<void> {
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator(ON_ITS_WAY)).toHaveCount(0);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
    await settle(page);
    const { violations } = await axe(page).analyze();
    const found = violations.map(({ id, nodes }) => ({ rule: id, where: nodes.map(({ target }) => target.join(" ")) }));
    expect(found, `axe, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** What is right need not be listed; and without frames in the page axe needs no page of its own to add up what it found. */
const axe = (page: Page): AxeBuilder =>
  new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).setLegacyMode();

/**
 * Brings what fades to its end: half way a colour is neither theme's. It is not waited for, since an animation ends only where
 * frames are drawn, which a browser without a screen may put off for good. What never ends, such as a skeleton's pulse, stays.
 */
async function settle(page: Page): Promise<void> {
  await page.evaluate(`document.getAnimations()
    .filter(({ effect, playbackRate }) => playbackRate !== 0 && effect !== null && effect.getComputedTiming().endTime !== Infinity)
    .forEach((animation) => animation.finish())`);
}
