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

const as = (role: Parameters<TestPlatform["as"]>[0] = "editor", organization = organizationId) =>
  test.as(role, organization);
const ended = () => as().pipelines.create({ name: `pipeline ${newId()}` });

async function source(organization = organizationId) {
  const { id } = await as("admin", organization).sources.create({
    name: `source ${newId()}`,
    connectionType: "postgresql",
    host: "db.example.org",
    database: "shop",
    username: "reader",
    password: "a long password",
  });
  return id;
}

async function complete() {
  const [sourceId, destinationId] = [await source(), await source()];
  return as().pipelines.create({
    name: `pipeline ${newId()}`,
    sourceId,
    sourceTable: "public.orders",
    destinationId,
    destinationTable: "public.orders",
  });
}

describe("a pipeline", () => {
  it("starts inactive, in batch mode, replacing, verified, never run", async () => {
    const name = `pipeline ${newId()}`;
    expect(await as().pipelines.create({ name })).toMatchObject({
      name,
      description: "",
      mode: "batch",
      writeMode: "replace",
      status: "inactive",
      isEnabled: false,
      schedule: null,
      timezone: "UTC",
      sourceId: null,
      lastRunAt: null,
      nextRunAt: null,
      organizationId,
    });
  });

  it("has a name that no other of its organization has, also when two are made at once", async () => {
    const name = `pipeline ${newId()}`;
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => as().pipelines.create({ name })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await refusal(as().pipelines.create({ name }))).code).toBe("PIPELINE_NAME_TAKEN");
    expect((await as("editor", newId()).pipelines.create({ name })).name).toBe(name);
  });

  it("keeps its own name in an update, and does not take another's", async () => {
    const [one, other] = [await ended(), await ended()];
    expect((await as().pipelines.update({ id: one.id, name: one.name })).name).toBe(one.name);
    expect((await refusal(as().pipelines.update({ id: one.id, name: other.name }))).code).toBe("PIPELINE_NAME_TAKEN");
  });

  it("changes only what is named", async () => {
    const created = await as().pipelines.create({
      name: `p ${newId()}`,
      description: "old",
      sourceTable: "public.a",
      timezone: "Asia/Tokyo",
    });
    const updated = await as().pipelines.update({ id: created.id, description: "new" });
    expect(updated).toEqual({ ...created, description: "new", updatedAt: updated.updatedAt });
    expect(Date.parse(updated.updatedAt)).toBeGreaterThanOrEqual(Date.parse(created.updatedAt));
  });

  it("names ends that its own organization has", async () => {
    const foreign = await source(newId());
    const created = await ended();
    for (const id of [newId(), foreign]) {
      expect(await refusal(as().pipelines.create({ name: `p ${newId()}`, sourceId: id }))).toMatchObject({
        code: "SOURCE_UNKNOWN",
        params: { side: "source" },
      });
      expect(await refusal(as().pipelines.update({ id: created.id, destinationId: id }))).toMatchObject({
        code: "SOURCE_UNKNOWN",
        params: { side: "destination" },
      });
    }
  });

  it("is not found in another organization, whatever is done with it", async () => {
    const { id } = await complete();
    const { pipelines, runs } = as("owner", newId());
    for (const call of [
      () => pipelines.get({ id }),
      () => pipelines.update({ id, name: "mine now" }),
      () => pipelines.delete({ id }),
      () => pipelines.trigger({ id }),
      () => runs.list({ pipelineId: id }),
    ]) {
      expect((await refusal(call())).code).toBe("PIPELINE_NOT_FOUND");
    }
    expect((await as().pipelines.get({ id })).id).toBe(id);
  });

  it("is deleted with its runs", async () => {
    const { id } = await complete();
    const { runId } = await as().pipelines.trigger({ id });
    expect(await as().pipelines.deletePreview({ id })).toEqual({ runCount: 1, lineCount: 0 });
    expect(await as().pipelines.delete({ id })).toEqual({ id });
    expect((await refusal(as().runs.get({ id: runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(as().pipelines.delete({ id }))).code).toBe("PIPELINE_NOT_FOUND");
  });
});

describe("the list of pipelines", () => {
  it("comes in pages, newest first, each pipeline once", async () => {
    const organization = newId();
    const { pipelines } = as("editor", organization);
    const names = Array.from({ length: 7 }, (_, index) => `pipeline ${index}`);
    for (const name of names) await pipelines.create({ name });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await pipelines.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(names.toReversed());
  });

  it("is searched by any part of name or description, signs included", async () => {
    const { pipelines } = as("editor", newId());
    await pipelines.create({ name: "100% of orders" });
    await pipelines.create({ name: "customers", description: "all ORDERS_of the shop" });
    const found = async (search: string) => (await pipelines.list({ search })).items.map(({ name }) => name);
    expect(await found("orders")).toEqual(["customers", "100% of orders"]);
    expect(await found("0%")).toEqual(["100% of orders"]);
    expect(await found("s_o")).toEqual(["customers"]);
    expect(await found("\\")).toEqual([]);
  });

  it("is filtered by status, and refuses a cursor that it did not give", async () => {
    const { pipelines } = as("editor", newId());
    await pipelines.create({ name: "on", status: "active" });
    await pipelines.create({ name: "off" });
    expect((await pipelines.list({ status: "active" })).items.map(({ name }) => name)).toEqual(["on"]);
    expect((await refusal(pipelines.list({ cursor: "bm90IGFuIGlk" }))).code).toBe("VALIDATION_FAILED");
  });
});

describe("a pipeline's schedule", () => {
  it("has a next fire only while the pipeline is active, computed in its zone", async () => {
    test.clock.set("2027-01-10T12:00:00Z");
    const { pipelines } = as();
    const { id } = await pipelines.create({ name: `p ${newId()}`, schedule: "30 6 * * *", timezone: "Asia/Kolkata" });
    const nextRunAt = async (changes: object) => (await pipelines.update({ id, ...changes })).nextRunAt;
    expect(await nextRunAt({ description: "still off" })).toBeNull();
    expect(await nextRunAt({ status: "active" })).toBe("2027-01-11T01:00:00.000Z");
    expect(await nextRunAt({ timezone: "UTC" })).toBe("2027-01-11T06:30:00.000Z");
    expect(await nextRunAt({ schedule: "0 * * * *" })).toBe("2027-01-10T13:00:00.000Z");
    test.clock.set("2027-01-10T13:30:00Z");
    expect(await nextRunAt({ description: "a fire that is due stays due" })).toBe("2027-01-10T13:00:00.000Z");
    expect(await nextRunAt({ schedule: null })).toBeNull();
    expect(await nextRunAt({ schedule: "0 * * * *", status: "inactive" })).toBeNull();
  });

  it("is switched on and off by the status", async () => {
    const { pipelines } = as();
    const { id } = await ended();
    expect(await pipelines.update({ id, status: "active" })).toMatchObject({ status: "active", isEnabled: true });
    expect(await pipelines.update({ id, status: "inactive" })).toMatchObject({ status: "inactive", isEnabled: false });
  });

  it("is refused when it cannot be read", async () => {
    expect((await refusal(as().pipelines.create({ name: "p", schedule: "every tuesday" }))).code).toBe(
      "VALIDATION_FAILED",
    );
  });
});

describe("a trigger", () => {
  it("names everything that is missing", async () => {
    const { id } = await ended();
    expect(await refusal(as("operator").pipelines.trigger({ id }))).toMatchObject({
      code: "PIPELINE_INCOMPLETE",
      params: { missing: "source, source table, destination, destination table" },
    });
  });

  it("of a realtime pipeline says that changes cannot be captured", async () => {
    const { id } = await complete();
    await as().pipelines.update({ id, mode: "realtime" });
    const { code, message } = await refusal(as("operator").pipelines.trigger({ id }));
    expect(code).toBe("UNSUPPORTED");
    expect(message).toContain("capturing changes");
  });

  // security.md S49
  it("starts one run, whoever else asks at the same moment", async () => {
    const { id } = await complete();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () =>
        as("operator")
          .pipelines.trigger({ id })
          .then(
            ({ status }) => status,
            (error: unknown) => refusal(Promise.reject(error)).then(({ code }) => code),
          ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "pending")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "RUN_ACTIVE")).toHaveLength(49);
    expect((await as().pipelines.get({ id })).runs).toHaveLength(1);
  });

  it("says who asked, and through which door", async () => {
    const { id } = await complete();
    const { runId } = await test.as("operator", organizationId, "rest").pipelines.trigger({ id });
    expect(await as().runs.get({ id: runId })).toMatchObject({
      trigger: "api",
      status: "pending",
      pipelineId: id,
      attempt: 0,
    });
    await as().runs.cancel({ id: runId });
    const { runId: byHand } = await as("operator").pipelines.trigger({ id });
    expect((await as().runs.get({ id: byHand })).trigger).toBe("manual");
  });

  it("shows with the pipeline, the last ten runs newest first", async () => {
    const { id } = await complete();
    const started: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      const { runId } = await as().pipelines.trigger({ id });
      started.push(runId);
      await as().runs.cancel({ id: runId });
    }
    expect((await as().pipelines.get({ id })).runs.map((run) => run.id)).toEqual(started.toReversed().slice(0, 10));
  });
});
