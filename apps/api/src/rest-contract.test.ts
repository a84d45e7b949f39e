import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PASSWORD, type TestApi, testApi } from "./testing/test-api.ts";

/** The check from outside that users' scripts stand for; it is kept beside the repository, not in it. */
const SCRIPT = join(import.meta.dirname, "../../../../shared/acceptance/rest-contract.mjs");

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

describe("the REST contract", () => {
  it.skipIf(!existsSync(SCRIPT))("holds in every row, over HTTP", async () => {
    const { editor } = await api.organization("Contract");
    const url = await api.app.listen({ port: 0, host: "127.0.0.1" });
    const failed = await promisify(execFile)(process.execPath, [SCRIPT, url, editor.email, PASSWORD]).then(
      () => [],
      (error: { stdout?: string }) =>
        (error.stdout ?? JSON.stringify(error)).split("\n").filter((line) => !line.startsWith("ok ")),
    );
    expect(failed).toEqual([]);
  });
});
