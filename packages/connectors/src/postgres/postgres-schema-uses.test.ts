import { testServer } from "@millrace/db/testing";
import { previewRun, type RunRequest, type SchemaBasis, verifyTable } from "@millrace/engine";
import {
  Mapping,
  parseTableName,
  PipelinePolicies,
  type SchemaChangePolicy,
  type SchemaReport,
} from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const POLICIES: readonly SchemaChangePolicy[] = ["ask", "evolve", "discard_column", "freeze"];

describe("a source that loses what its pipeline names", () => {
  let ends: TwoEnds;
  let basis: SchemaBasis;
  let report: SchemaReport;
  let found: SchemaBasis["accepted"];

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    basis = { agreed: null, accepted: null };
    await ends.source.query(`drop table if exists items cascade;
      create table items (id int primary key, note text, n int, status int, ssn text);
      insert into items select i, 'n' || i, i, 1, 'secret' from generate_series(1, 20) i`);
    await ends.destination.query("drop schema if exists _millrace cascade; drop table if exists items cascade");
  });

  /** A column under another name, a hash, a cast, a filter, and one that stays at the source. */
  const MAPPING = {
    columns: [
      { source: "note", name: "label" },
      { source: "n", name: "n_hash", transform: { kind: "hash" } },
    ],
    exclude: ["ssn"],
    filter: { conditions: [{ column: "status", operator: "equals", values: ["1"] }] },
  } as const satisfies CopyOptions["mapping"];
  const mapping = Mapping.parse(MAPPING);

  const asked = ({ policies, ...options }: Partial<CopyOptions>, schemaChange: SchemaChangePolicy): CopyOptions => ({
    table: "public.items",
    mapping,
    ...options,
    policies: { ...policies, schemaChange },
    schema: basis,
    onSchema: (told, source) => {
      report = told;
      found = source;
    },
  });
  async function run(schemaChange: SchemaChangePolicy = "ask", options: Partial<CopyOptions> = {}): Promise<string> {
    const outcome = await ends.copy(asked(options, schemaChange));
    basis = { agreed: outcome.agreement, accepted: null };
    return report.verdict;
  }
  /** What the run is refused with, having left the destination as it was. */
  async function refusal(schemaChange: SchemaChangePolicy = "ask", options: Partial<CopyOptions> = {}) {
    const print = "select string_agg(items::text, ',' order by items::text) as rows from items";
    const before = (await ends.destination.query(print)).rows;
    const error = await ends.failure(asked(options, schemaChange));
    expect((await ends.destination.query(print)).rows).toEqual(before);
    return told(error).replace(/^(\w+): The table public.items is no longer what was agreed: /, "$1: ");
  }
  const accept = () => (basis = { ...basis, accepted: found });
  const count = async (condition: string) =>
    Number((await ends.destination.query(`select count(*) from items where ${condition}`)).rows[0]?.count);
  async function look<Result>(schemaChange: SchemaChangePolicy, at: (request: RunRequest) => Promise<Result>) {
    const [source, destination] = [await ends.open("source"), await ends.open("destination")];
    const table = parseTableName("public.items");
    try {
      return await at({
        source,
        destination,
        sourceTable: table,
        destinationTable: table,
        writeMode: "replace",
        identity: null,
        policies: PipelinePolicies.parse({ schemaChange }),
        mapping: { mapping, maskKey: null },
        schema: basis,
        signal: AbortSignal.timeout(20_000),
        onProgress: () => {},
        onLog: () => {},
      });
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }
  const preview = (schemaChange: SchemaChangePolicy) => look(schemaChange, previewRun);

  it("says of a first run that there is no such column, since nothing was agreed", async () => {
    await ends.source.query("alter table items drop column note");
    expect(told(await ends.failure(asked({}, "evolve")))).toContain("MAPPING_COLUMN_MISSING");
  });

  it("asks about a column that the mapping reads, and goes on without it once that is accepted", async () => {
    await run();
    await ends.source.query("alter table items drop column note");
    expect(await refusal()).toBe("SCHEMA_CHANGED: column note (text) was removed, used by the mapping as label");
    expect(report.verdict).toBe("waits");
    const plan = await preview("ask");
    expect(plan.refusals.map(({ code }) => code)).toEqual(["SCHEMA_CHANGED"]);
    expect(plan.columns.map(({ name }) => name)).toEqual(["id", "n_hash", "status"]);
    accept();
    expect(await run()).toBe("applied");
    expect(await count("label is null")).toBe(20);
    expect((await preview("ask")).plan).not.toBeNull();
    expect(await look("ask", verifyTable)).toMatchObject({ isEqual: true, sourceRows: 20, differences: [] });
    expect(await run()).toBe("same");
  });

  it("treats it under the other policies as any column that was lost", async () => {
    await run();
    await ends.source.query("alter table items drop column note, drop column n");
    const agreed = basis;
    expect(await refusal("freeze")).toBe(
      "SCHEMA_CHANGED: column note (text) was removed, used by the mapping as label; " +
        "column n (integer) was removed, used by the mapping as n_hash",
    );
    expect(report.verdict).toBe("refused");
    expect(await run("discard_column")).toBe("noted");
    expect(await count("label is null and n_hash is null")).toBe(20);
    basis = agreed;
    expect(await run("evolve")).toBe("applied");
    expect(await run("evolve")).toBe("same");
    expect(await count("label is null and n_hash is null")).toBe(20);
  });

  it("asks about the type of a column that arrives as something else", async () => {
    await run();
    await ends.source.query("alter table items alter column n type bigint");
    expect(await refusal()).toBe(
      "SCHEMA_CHANGED: column n changed from integer to bigint, used by the mapping as n_hash",
    );
    accept();
    expect(await run()).toBe("applied");
    await ends.source.query("alter table items rename column note to title");
    expect(await refusal()).toContain("column title (text) was added");
  });

  it.each(POLICIES)("under %s no run goes on without the column that its row filter needs", async (policy) => {
    await run(policy);
    await ends.source.query("alter table items drop column status");
    const lost = "SCHEMA_CHANGED: column status (integer) was removed, used by the row filter";
    expect(await refusal(policy)).toBe(lost);
    expect(report.verdict).toBe("refused");
    accept();
    expect(await refusal(policy)).toBe(lost);
    const plan = await preview(policy);
    expect(plan.refusals.map(({ code }) => code)).toEqual(["SCHEMA_CHANGED"]);
    expect(plan.columns.map(({ name }) => name)).toEqual(["id", "label", "n_hash"]);
  });

  it("tells a filter and a cast that the new type cannot take from one that it can", async () => {
    const cast = { ...MAPPING, columns: [{ source: "n", name: "n", transform: { kind: "cast", type: "bigint" } }] };
    const options = { mapping: Mapping.parse(cast) };
    await run("evolve", options);
    await ends.source.query("alter table items alter column status type bigint");
    expect(await run("evolve", options)).toBe("applied");
    await ends.source.query("alter table items alter column status type json using to_json(status)");
    expect(await refusal("evolve", options)).toBe(
      "SCHEMA_CHANGED: column status changed from bigint to json, used by the row filter",
    );
    await ends.source.query(`alter table items alter column status type bigint using 1,
      alter column n type uuid using null`);
    expect(await refusal("evolve", options)).toBe(
      "SCHEMA_CHANGED: column n changed from integer to uuid, used by the mapping",
    );
    expect(report.verdict).toBe("refused");
  });

  it.each(POLICIES)("under %s no run goes on without its cursor or its key", async (policy) => {
    const identity = { pipelineId: crypto.randomUUID(), runId: crypto.randomUUID(), fence: 1 };
    const options: Partial<CopyOptions> = {
      writeMode: "merge",
      identity,
      policies: { incremental: { cursor: "n" }, key: ["id"] },
      mapping: { columns: [{ source: "n", name: "read_by" }] },
    };
    const again = { ...options, identity: { ...identity, runId: crypto.randomUUID(), fence: 2 } };
    await run(policy, options);
    await ends.source.query("alter table items rename column n to m");
    expect(await refusal(policy, again)).toContain(
      "SCHEMA_CHANGED: column n (integer) was removed, used by the mapping as read_by and as the cursor",
    );
    await ends.source.query(
      "alter table items rename column m to n; alter table items alter column n type json using '1'",
    );
    expect(await refusal(policy, again)).toContain(
      "column n changed from integer to json, used by the mapping as read_by and as the cursor",
    );
    await ends.source.query("alter table items alter column n type int using 1, drop column id");
    expect(await refusal(policy, again)).toContain("SCHEMA_CHANGED: column id (integer) was removed, used in the key");
    expect(report.verdict).toBe("refused");
  });

  it("notes that a column is gone which stays at the source anyway, whatever the policy", async () => {
    for (const policy of ["evolve", "freeze"] as const) {
      await run(policy);
      await ends.source.query("alter table items alter column ssn type varchar(10)");
      expect(await run(policy)).toBe("same");
      await ends.source.query("alter table items drop column ssn");
      expect(await run(policy)).toBe("noted");
      expect(report.changes).toEqual([
        expect.objectContaining({ kind: "column_removed", column: "ssn", usedBy: [{ part: "exclusion" }] }),
      ]);
      expect(await run(policy)).toBe("same");
      await ends.source.query("alter table items add column ssn text");
      basis = { agreed: null, accepted: null };
    }
  });

  it("asks before a column travels that may be the one which is to stay, under another name", async () => {
    await run("evolve");
    await ends.source.query("alter table items rename column ssn to ssn_2");
    expect(await refusal("evolve")).toBe(
      "SCHEMA_CHANGED: column ssn (text) was removed, left out by the mapping; column ssn_2 (text) was added",
    );
    expect(report.verdict).toBe("waits");
    expect(await run("discard_column")).toBe("left_out");
    const { rows } = await ends.destination.query("select * from items limit 1");
    expect(Object.keys(rows[0] ?? {})).not.toContain("ssn_2");
  });
});
