import { defineConfig, devices } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath } from "./src/support/chromium.ts";
import { isSlow, jsonReportFile } from "./src/support/environment.ts";

const executablePath = chromiumPath();
const reportFile = jsonReportFile();
// Where the line is slow on purpose, only what never comes is a failure.
const patience = isSlow() ? 5 : 1;

export default defineConfig({
  testDir: "src",
  outputDir: "test-results",
  // One set for all machines: what is compared was made independent of them.
  snapshotPathTemplate: "src/snapshots/{arg}{ext}",
  // One product, one data directory: journeys follow each other as a person's would.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // Two products and two browsers share a machine's cores here, and how fast these are is no matter of a journey's.
  timeout: 480_000 * patience,
  expect: { timeout: 40_000 * patience },
  reporter: [["list"], ...(reportFile === null ? [] : [["json", { outputFile: reportFile }] as const])],
  globalSetup: "./src/support/global-setup.ts",
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    // A trace costs a fifth of the time: `--trace retain-on-failure` keeps one of what fails.
    trace: "off",
    launchOptions: { args: [...CHROMIUM_ARGS], ...(executablePath === null ? {} : { executablePath }) },
  },
  projects: [
    { name: "first start", testMatch: "set-up.journey.ts" },
    { name: "every day", testMatch: "*.journey.ts", testIgnore: "set-up.journey.ts", dependencies: ["first start"] },
  ],
});
