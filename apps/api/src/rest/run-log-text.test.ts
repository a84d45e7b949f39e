import { RunLogLine } from "@millrace/db";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Organization, type TestApi, testApi } from "../testing/test-api.ts";
import { belongingsOf } from "../testing/walk.ts";

const LINE_COUNT = 2500;

let api: TestApi;
let organization: Organization;
let runId: string;
beforeAll(async () => {
  api = await testApi();
  organization = await api.organization("Logs");
  runId = (await belongingsOf(api, organization)).endedRunId;
  await api.platform.store.forOrganization(organization.id).insertMany(
    RunLogLine,
    Array.from({ length: LINE_COUNT }, (_, index) => ({
      id: newId(),
      organizationId: organization.id,
      run: runId,
      seq: index + 1,
      level: index % 2 === 0 ? ("info" as const) : ("error" as const),
      message: index === 0 ? "a table\r\n2026-11-24T00:00:00.000Z error \u001b[31mforged\u202e" : `line ${index + 1}`,
    })),
  );
});
afterAll(() => api.close());

const download = (query = "", as = organization.viewer) =>
  api.call("GET", `/api/runs/${runId}/log?format=text${query}`, { as });

describe("a log as a file", () => {
  it("has every line once, in order, whatever the size of a page", async () => {
    const { status, text, headers } = await download();
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(headers["content-disposition"]).toBe(`attachment; filename="run-${runId}.log"`);
    const lines = text.split("\n");
    expect(lines.pop()).toBe("");
    expect(lines).toHaveLength(LINE_COUNT);
    expect(lines.slice(1).map((line) => Number(line.split("line ")[1]))).toEqual(
      Array.from({ length: LINE_COUNT - 1 }, (_, index) => index + 2),
    );
  });

  // security.md S31, S32
  it("writes out what would forge a line or turn it around", async () => {
    const [first] = (await download()).text.split("\n");
    expect(first).toMatch(/Z info {2}a table\\r\\n2026-11-24T00:00:00\.000Z error \\u001b\[31mforged\\u202e$/);
  });

  it("takes the filters of the log", async () => {
    expect((await download("&level=error&search=line%2012")).text.trim().split("\n")[0]).toMatch(/error line 12$/);
    expect((await download("&level=loud")).status).toBe(400);
  });

  it("is nobody else's", async () => {
    const stranger = await api.organization("Others");
    expect((await download("", stranger.owner)).json.code).toBe("RUN_NOT_FOUND");
    expect((await api.call("GET", `/api/runs/${runId}/log?format=text`, {})).status).toBe(401);
  });
});
