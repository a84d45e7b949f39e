import assert from "node:assert/strict";
import { BATCHES, planRun } from "@millrace/engine";
import type { ConformanceCase } from "./case.ts";
import { copy, requestOf, sourceOf, tableName, withEnds } from "./ends.ts";
import type { Harness, PortableRow } from "./harness.ts";

/** Every type with its hard values, through a copy in each wire format, equal as the system itself writes them. */

/** Tables hold all types at once, so that a copy for each of them is not needed: by format, how the column of a type fared. */
interface Fate {
  readonly before: readonly (string | null)[];
  readonly after: readonly (string | null)[];
}
type Fates = ReadonlyMap<string, Fate>;

const known = new WeakMap<Harness, Map<string, Promise<Fates>>>();

function fatesOf(harness: Harness, format: "cheapest" | "batches"): Promise<Fates> {
  const own = known.get(harness) ?? new Map<string, Promise<Fates>>();
  known.set(harness, own);
  const found = own.get(format) ?? (format === BATCHES ? inBatches(harness) : inCheapest(harness));
  own.set(format, found);
  return found;
}

const inBatches = (harness: Harness): Promise<Fates> => copyTypes(harness, "all_types", harness.types, [BATCHES]);

/** One column that only travels in batches would make its whole table do so: types that travel alike share a table. */
async function inCheapest(harness: Harness): Promise<Fates> {
  const all = tableName("types_to_group");
  await harness.createTypes(all, harness.types);
  const groups = await withEnds(harness, async (source, destination) => {
    const plan = await planRun(requestOf(source, destination, { sourceTable: all }));
    const session = await sourceOf(source).begin(all, new AbortController().signal);
    const formatOf = (type: string) =>
      sourceOf(source).emits(
        session.description,
        plan.columns.filter(({ name }) => name === type),
      )[0] ?? BATCHES;
    const found = Object.groupBy(harness.types, formatOf);
    await session.close();
    return found;
  });
  const fates: [string, Fate][] = [];
  for (const [format, types = []] of Object.entries(groups)) {
    fates.push(...(await copyTypes(harness, `types_in_${format}`, types, undefined)));
  }
  return new Map(fates);
}

async function copyTypes(
  harness: Harness,
  name: string,
  types: readonly string[],
  wireFormats: readonly string[] | undefined,
): Promise<Fates> {
  const table = tableName(name);
  await harness.createTypes(table, types);
  const { proof } = await copy(harness, { sourceTable: table, wireFormats });
  assert.equal(proof.isVerified, harness.connector.capabilities.hasDigest ? true : null);
  const columns = ["id", ...types];
  const [before, after] = await Promise.all([
    harness.rows("source", table, columns),
    harness.rows("destination", table, columns),
  ]);
  const byId = (rows: readonly PortableRow[] | null) => [...(rows ?? [])].sort((a, b) => Number(a[0]) - Number(b[0]));
  const valuesOf = (rows: readonly PortableRow[], type: string) =>
    rows.map((row) => row[columns.indexOf(type)] ?? null);
  return new Map(
    types.map((type) => [type, { before: valuesOf(byId(before), type), after: valuesOf(byId(after), type) }]),
  );
}

const typeCase = (type: string, format: "cheapest" | "batches"): ConformanceCase => ({
  side: "source",
  area: "types",
  name: `${type} is equal byte by byte ${format === BATCHES ? "in batches" : "in the format that it travels in best"}`,
  run: async (harness) => {
    const fate = (await fatesOf(harness, format)).get(type);
    assert.ok(fate && fate.before.length > 1 && fate.before.includes(null), "there is something to compare");
    assert.deepEqual(fate.after, fate.before);
  },
});

export const typeCases = ({ types }: Harness): readonly ConformanceCase[] =>
  (["cheapest", "batches"] as const).flatMap((format) => types.map((type) => typeCase(type, format)));
