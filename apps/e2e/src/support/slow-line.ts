import type { BrowserContext } from "@playwright/test";
import { setTimeout as delay } from "node:timers/promises";

/** Scripts and answers arrive late by up to this, each by another amount, so that they also overtake each other. */
const LATEST_MS = { script: 1_200, answer: 500 };

/**
 * A slow line: whatever the page loads comes late and out of order. What a journey routes by itself it keeps in its own hands.
 */
export async function slowDown(context: BrowserContext): Promise<void> {
  await context.route(/\/(assets|trpc)\//, async (route) => {
    const latest = route.request().url().includes("/assets/") ? LATEST_MS.script : LATEST_MS.answer;
    await delay(Math.random() * latest);
    // A page that was left meanwhile waits for nothing any more.
    await route.continue().catch(() => undefined);
  });
}
