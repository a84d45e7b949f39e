import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
const organizationId = newId();
beforeAll(async () => {
  test = await testPlatform();
});
afterAll(() => test.close());

const editor = () => test.as("editor", organizationId);

async function runnable(): Promise<string> {
  const source = await test.as("admin", organizationId).sources.create({
    name: `source ${newId()}`,
    connectionType: "postgresql",
    host: "db.example.org",
    database: "shop",
    username: "reader",
  });
  const { id } = await editor().pipelines.create({
    name: `p ${newId()}`,
    sourceId: source.id,
    sourceTable: "public.a",
    destinationId: source.id,
    destinationTable: "public.b",
  });
  return id;
}

const incomplete = async (organization = organizationId) =>
  (await test.as("editor", organization).pipelines.create({ name: `p ${newId()}` })).id;

const codes = (outcomes: readonly { id: string; error: { code: string } | null }[]) =>
  outcomes.map(({ id, error }) => [id, error?.code ?? null]);

describe("many pipelines at once", () => {
  it("are started, and each that cannot be says why without stopping the others", async () => {
    const [good, busy, half, foreign] = [
      await runnable(),
      await runnable(),
      await incomplete(),
      await incomplete(newId()),
    ];
    await editor().pipelines.trigger({ id: busy });
    const outcomes = await test
      .as("operator", organizationId)
      .pipelines.triggerMany({ ids: [busy, half, good, foreign, good] });
    expect(codes(outcomes)).toEqual([
      [busy, "RUN_ACTIVE"],
      [half, "PIPELINE_INCOMPLETE"],
      [good, null],
      [foreign, "PIPELINE_NOT_FOUND"],
    ]);
    expect(outcomes[1]?.error?.hint).not.toBe("");
    expect((await editor().pipelines.get({ id: good })).runs).toMatchObject([{ status: "pending", trigger: "manual" }]);
  });

  it("are switched on and off", async () => {
    const ids = [await incomplete(), await incomplete()];
    const missing = newId();
    expect(codes(await editor().pipelines.switchMany({ ids: [...ids, missing], status: "active" }))).toEqual([
      ...ids.map((id) => [id, null]),
      [missing, "PIPELINE_NOT_FOUND"],
    ]);
    const { items } = await editor().pipelines.list({ ids });
    expect(items.map(({ status, isEnabled }) => [status, isEnabled])).toEqual([
      ["active", true],
      ["active", true],
    ]);
  });

  it("are deleted with their runs, and only those of one's own organization", async () => {
    const stranger = newId();
    const [own, foreign] = [await runnable(), await incomplete(stranger)];
    const { runId } = await editor().pipelines.trigger({ id: own });
    expect(codes(await editor().pipelines.deleteMany({ ids: [own, foreign] }))).toEqual([
      [own, null],
      [foreign, "PIPELINE_NOT_FOUND"],
    ]);
    expect((await refusal(editor().runs.get({ id: runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await test.as("viewer", stranger).pipelines.get({ id: foreign })).id).toBe(foreign);
  });

  it("never wait for each other in a circle when two ask for the same in different orders", async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => incomplete()));
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        editor().pipelines.switchMany({
          ids: index % 2 === 0 ? ids : ids.toReversed(),
          status: index % 3 === 0 ? "active" : "inactive",
        }),
      ),
    );
    expect(outcomes.flat().filter(({ error }) => error !== null)).toEqual([]);
  });

  it("are two hundred at most, and one at least", async () => {
    const ids = Array.from({ length: 201 }, newId);
    expect((await refusal(editor().pipelines.deleteMany({ ids }))).code).toBe("VALIDATION_FAILED");
    expect((await refusal(editor().pipelines.deleteMany({ ids: [] }))).code).toBe("VALIDATION_FAILED");
    expect(await editor().pipelines.deleteMany({ ids: ids.slice(1) })).toHaveLength(200);
  });
});
