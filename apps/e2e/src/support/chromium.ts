import { existsSync } from "node:fs";

const PLACES = [
  // The browser without its window, which is much less to draw.
  "/usr/lib/chromium/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Works as root and in a container without a display or a network. */
export const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
] as const;

/** The browser that is installed here, or null. Nothing is downloaded. */
export const chromiumPath = (): string | null => PLACES.find((path) => existsSync(path)) ?? null;

export const INSTALL_HINT =
  "The journeys in the browser are skipped: install Chromium (Debian: apt-get install chromium-headless-shell).";
