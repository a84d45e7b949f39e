import { Pipeline, PipelineRun, QuarantinedRow, sealRowValues } from "@millrace/db";
import { newId, type RunStatus, type WriteMode } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

const organizationId = newId();
const SECRET = "only-for-editors";
let test: TestPlatform;
let superuser: Client;
let endId: string;
let pipelineId: string;
let runId: string;
const editor = () => test.as("editor", organizationId);
const em = () => test.platform.store.forOrganization(organizationId);

beforeAll(async () => {
  test = await testPlatform();
  superuser = new Client({ connectionString: test.superuserUrl });
  await superuser.connect();
  const admin = test.as("admin", organizationId);
  endId = (
    await admin.sources.create({
      name: "end",
      connectionType: "postgresql",
      host: "db.example.org",
      database: "a",
      username: "a",
    })
  ).id;
});
afterAll(async () => {
  await superuser.end();
  await test.close();
});

async function createPipeline(writeMode: WriteMode = "append"): Promise<string> {
  const ends = { sourceId: endId, sourceTable: "public.a", destinationId: endId, destinationTable: "public.b" };
  const { id } = await editor().pipelines.create({ name: `pipeline ${newId()}`, ...ends, writeMode });
  return id;
}
async function run(status: RunStatus): Promise<string> {
  const writer = em();
  const pipeline = writer.getReference(Pipeline, pipelineId);
  const { id } = writer.create(PipelineRun, { id: newId(), organizationId, pipeline, trigger: "manual", status });
  await writer.flush();
  return id;
}
async function setAside(count: number, fields: Partial<QuarantinedRow> = {}): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => {
    const id = newId();
    const values = { id: String(index), age: "3", note: SECRET };
    return {
      id,
      organizationId,
      run: runId,
      tableName: "public.b",
      code: "CONSTRAINT_VIOLATED",
      sqlstate: "23514",
      columnName: "age",
      reason: "A row violates the constraint grown",
      key: `id = ${index}`,
      hasValues: true,
      sealedValues: sealRowValues(test.platform.secrets, values, { id, organizationId }, "sealed_values"),
      state: "held" as const,
      ...fields,
    };
  });
  await em().insertMany(QuarantinedRow, rows);
  return rows.map(({ id }) => id);
}
const end = (id: string, status: RunStatus) => em().nativeUpdate(PipelineRun, { id }, { status });

beforeEach(async () => {
  pipelineId = await createPipeline();
  runId = await run("success");
});

describe("the list", () => {
  it("pages through 450 rows in the order in which they were set aside, each once", async () => {
    const ids = await setAside(450);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await editor().quarantine.list({ runId, limit: 200, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(ids);
  });

  it("leaves what a code, a column, a state or a part of the key asks for", async () => {
    await setAside(3);
    const [late] = await setAside(1, { code: "VALUE_INVALID", columnName: null, key: "id = a_c" });
    await setAside(1, { state: "replayed", key: null });
    const found = async (filters: object) => (await editor().quarantine.list({ runId, ...filters })).items.length;
    expect(await found({ code: "VALUE_INVALID" })).toBe(1);
    expect(await found({ column: "age" })).toBe(4);
    expect(await found({ column: "" })).toBe(1);
    expect(await found({ state: "held" })).toBe(4);
    expect(await found({ search: "ID = 2" })).toBe(1);
    expect((await editor().quarantine.list({ runId, search: "a_c" })).items[0]?.id).toBe(late);
    expect(await found({ search: "aXc" })).toBe(0);
  });

  it("shows viewers neither keys nor values, and lets them search for none", async () => {
    const [id = ""] = await setAside(1);
    const viewer = test.as("viewer", organizationId);
    const { items } = await viewer.quarantine.list({ runId });
    expect(items).toMatchObject([{ code: "CONSTRAINT_VIOLATED", column: "age", key: null, hasValues: true }]);
    expect((await refusal(viewer.quarantine.list({ runId, search: "1" }))).code).toBe("FORBIDDEN");
    expect((await refusal(viewer.quarantine.get({ runId, id }))).code).toBe("FORBIDDEN");
    expect((await refusal(test.as("operator", organizationId).quarantine.replay({ runId }))).code).toBe("FORBIDDEN");
  });

  it("is another organization's business neither by its rows nor by their figures", async () => {
    const [id = ""] = await setAside(1);
    const stranger = test.as("owner", newId()).quarantine;
    expect((await refusal(stranger.list({ runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(stranger.summary({ runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(stranger.get({ runId, id }))).code).toBe("QUARANTINED_ROW_NOT_FOUND");
    expect((await refusal(stranger.replay({ runId }))).code).toBe("RUN_NOT_FOUND");
    expect((await refusal(stranger.discard({ runId }))).code).toBe("RUN_NOT_FOUND");
  });
});

it("counts rows by their state and kind, the most frequent first", async () => {
  await setAside(2);
  await setAside(3, { code: "VALUE_INVALID", columnName: null });
  await setAside(1, { state: "discarded" });
  expect(await editor().quarantine.summary({ runId })).toEqual({
    states: { held: 5, replayed: 0, discarded: 1 },
    kinds: [
      { code: "CONSTRAINT_VIOLATED", column: "age", count: 3, held: 2 },
      { code: "VALUE_INVALID", column: null, count: 3, held: 3 },
    ],
    replayReason: null,
  });
});

it("finds pages, figures, what a filter leaves and what a replay brings by an index among many runs' rows", async () => {
  const replayId = await run("failed");
  const runs = [runId, await run("success"), await run("success"), await run("success"), await run("success")];
  await superuser.query(
    `insert into quarantined_rows (id, organization_id, run_id, table_name, code, column_name, reason, key, has_values, sealed_values, replay_run_id)
     select gen_random_uuid(), $1, run, 'public.b', case when n % 1000 = 0 then 'VALUE_INVALID' else 'CONSTRAINT_VIOLATED' end,
       'age', 'A row violates the constraint grown', 'id = ' || n, true, repeat('x', 600),
       case when run = $2 and n % 1000 = 0 then $3::uuid end
     from unnest($4::uuid[]) run, generate_series(1, 3000) n`,
    [organizationId, runId, replayId, runs],
  );
  await superuser.query("vacuum analyze quarantined_rows");
  const planOf = async (what: string, condition: string, rest: string) => {
    const own = "where organization_id = ?";
    const statement = `explain select ${what} from quarantined_rows ${own} and ${condition} ${rest}`;
    return em().transactional(async (tx) => {
      // Whether an index serves, however little it saves among so few rows.
      await tx.execute("set local enable_seqscan = off");
      const plan = await tx.execute<{ "QUERY PLAN": string }[]>(statement, [organizationId]);
      return plan.map((line) => line["QUERY PLAN"]).join("\n");
    });
  };
  const byId = "order by id limit 51";
  const plans = {
    page: await planOf("id, key", `run_id = '${runId}' and id > '${newId()}'`, byId),
    figures: await planOf("state, code, column_name, count(*)", `run_id = '${runId}'`, "group by 1, 2, 3"),
    filter: await planOf("id, key", `run_id = '${runId}' and code = 'VALUE_INVALID' and column_name = 'age'`, byId),
    replay: await planOf("id", `run_id = '${runId}' and replay_run_id = '${replayId}' and state = 'held'`, byId),
  };
  expect(plans.page).toContain("quarantined_rows_run_index");
  // From the index alone where a vacuum could mark all its rows as seen by everybody.
  expect(plans.figures).toMatch(/quarantined_rows_(kind|run)_index/);
  expect(plans.filter).toContain("quarantined_rows_kind_index");
  expect(plans.replay).toContain("quarantined_rows_replay_index");
  expect((await editor().quarantine.list({ runId, code: "VALUE_INVALID", column: "age" })).items).toHaveLength(3);
  expect((await editor().quarantine.summary({ runId })).states.held).toBe(3000);
});

it("keeps values sealed, each for its own row, and opens them for editors", async () => {
  const [one = "", other = ""] = await setAside(2);
  const { values } = await editor().quarantine.get({ runId, id: one });
  expect(values).toContainEqual({ name: "note", value: SECRET, original: SECRET });
  const { rows } = await superuser.query("select q::text as row from quarantined_rows q where run_id = $1", [runId]);
  expect(JSON.stringify(rows)).not.toContain(SECRET);
  await superuser.query(
    "update quarantined_rows set sealed_values = (select sealed_values from quarantined_rows where id = $1) where id = $2",
    [one, other],
  );
  expect((await refusal(editor().quarantine.get({ runId, id: other }))).code).toBe("SECRET_UNREADABLE");
});

it("falls with the run's pipeline", async () => {
  await setAside(2);
  await editor().pipelines.delete({ id: pipelineId });
  const { rowCount } = await superuser.query("select from quarantined_rows where run_id = $1", [runId]);
  expect(rowCount).toBe(0);
});

describe("a replay", () => {
  it("is a run of its own that has the chosen rows in hand, which nobody can discard until it ends", async () => {
    const [one = "", two = ""] = await setAside(2);
    const replay = await editor().quarantine.replay({ runId, ids: [one] });
    expect(replay).toMatchObject({ status: "pending", count: 1 });
    expect(await editor().runs.get({ id: replay.runId })).toMatchObject({ trigger: "replay", replays: runId });
    const { items } = await editor().quarantine.list({ runId });
    expect(items.map(({ isReplaying }) => isReplaying)).toEqual([true, false]);
    expect((await refusal(editor().quarantine.discard({ runId, ids: [one] }))).code).toBe("QUARANTINED_ROW_SETTLED");
    expect(await editor().quarantine.discard({ runId })).toEqual({ count: 1 });
    expect((await refusal(editor().quarantine.replay({ runId, ids: [two] }))).code).toBe("RUN_ACTIVE");
    await end(replay.runId, "failed");
    expect(await editor().quarantine.discard({ runId })).toEqual({ count: 1 });
  });

  it("takes all held rows that the filters leave, and not those without values", async () => {
    await setAside(3);
    await setAside(2, { code: "VALUE_INVALID" });
    await setAside(1, { hasValues: false, sealedValues: null });
    await setAside(1, { state: "discarded" });
    const { count, runId: replayId } = await editor().quarantine.replay({ runId, code: "CONSTRAINT_VIOLATED" });
    expect(count).toBe(3);
    await end(replayId, "failed");
    const again = await editor().runs.retry({ id: replayId });
    expect(await editor().runs.get({ id: again.runId })).toMatchObject({ trigger: "replay", replays: runId });
    await end(again.runId, "failed");
    expect((await editor().quarantine.replay({ runId })).count).toBe(5);
  });

  it("puts other values in the place of one row's, sealed as well, and names only the columns in the audit log", async () => {
    const [id = "", other = ""] = await setAside(2);
    const values = { age: "1804289383", note: null };
    expect((await refusal(editor().quarantine.replay({ runId, ids: [id, other], values }))).code).toBe(
      "VALIDATION_FAILED",
    );
    expect((await refusal(editor().quarantine.replay({ runId, ids: [id], values: { no: "1" } }))).message).toContain(
      "values.no",
    );
    await editor().quarantine.replay({ runId, ids: [id], values });
    const row = await editor().quarantine.get({ runId, id });
    expect(row).toMatchObject({ isEdited: true, isReplaying: true });
    expect(row.values).toEqual([
      { name: "id", value: "0", original: "0" },
      { name: "age", value: "1804289383", original: "3" },
      { name: "note", value: null, original: SECRET },
    ]);
    const { items } = await test.as("admin", organizationId).audit.list({ action: "quarantine.replay" });
    expect(JSON.stringify(items)).toContain("values.age");
    expect(JSON.stringify(items)).not.toMatch(/1804289383|only-for/);
  });

  it("is refused for a run that changed nothing", async () => {
    runId = await run("failed");
    await setAside(1);
    expect((await editor().quarantine.summary({ runId })).replayReason).toBe("not_succeeded");
    expect((await refusal(editor().quarantine.replay({ runId }))).code).toBe("REPLAY_UNAVAILABLE");
  });

  it("is refused once a later run has read every row again, which a replay has not", async () => {
    for (const writeMode of ["replace", "merge"] as const) {
      pipelineId = await createPipeline(writeMode);
      runId = await run("success");
      await setAside(1);
      await end((await editor().quarantine.replay({ runId })).runId, "success");
      expect((await editor().quarantine.summary({ runId })).replayReason).toBeNull();
      await run("success");
      expect((await editor().quarantine.summary({ runId })).replayReason).toBe("later_run");
      expect((await refusal(editor().quarantine.replay({ runId }))).message).toContain("a later run");
    }
  });

  it("is possible after later runs that add to the table, and refused once the pipeline writes elsewhere", async () => {
    await setAside(1);
    await run("success");
    expect((await editor().quarantine.summary({ runId })).replayReason).toBeNull();
    await editor().pipelines.update({ id: pipelineId, destinationTable: "public.c" });
    expect((await refusal(editor().quarantine.replay({ runId }))).message).toContain("another table");
  });

  it("is refused where nothing is held", async () => {
    await setAside(1, { state: "replayed" });
    expect((await refusal(editor().quarantine.replay({ runId }))).message).toContain("none of them is held");
    expect((await editor().runs.list({ pipelineId })).items).toHaveLength(1);
  });
});
