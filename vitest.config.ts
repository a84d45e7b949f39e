import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/{api,worker,cli,web}/src/**/*.test.ts", "scripts/**/*.test.ts"],
    // One PostgreSQL for all files; each file clones a database of its own from the migrated template.
    globalSetup: ["packages/db/src/testing/global-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    // As `millrace` does it: processes that tests start find their code compiled.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/millrace") },
  },
});
