import { type AppError, MAX_CHANGED_ROWS, type RowChanges, type RowPreview } from "@millrace/shared";
import { withColumns } from "./compare-keys.ts";
import { type Key, type KeyedEnds, type KeyedReader, type KeyName, readKey } from "./keyed.ts";
import type { FoundChanges } from "./plan-changes.ts";

/** As `ChangedRow` of the shared contract. */
interface SampleRow {
  readonly before: readonly (string | null)[] | null;
  readonly after: readonly (string | null)[] | null;
  readonly changed: readonly string[];
}

export interface ChangeSamples {
  readonly counts: RowChanges | null;
  readonly inserted: readonly SampleRow[];
  readonly updated: readonly SampleRow[];
  readonly deleted: readonly SampleRow[];
}

type Kind = "inserted" | "updated" | "deleted";

/** What was found so far. The first rows of each kind are looked up as soon as they are found, since time may be up before the end. */
export class ChangeCount {
  sourceRows: number | null = null;
  destinationRows: number | null = null;
  inserted = 0;
  updated = 0;
  deleted = 0;
  unchanged = 0;
  duplicates = 0;
  refusal: AppError | null = null;
  #keyColumns: readonly string[] = [];
  #columns: readonly string[] = [];
  #isTold = true;
  #hasBegun = false;
  readonly #samples: Record<Kind, SampleRow[]> = { inserted: [], updated: [], deleted: [] };

  /** Whether there is anything to tell. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(keyColumns: readonly string[], columns: readonly string[]): void {
    this.#hasBegun = true;
    this.#keyColumns = keyColumns;
    this.#columns = columns;
  }

  insertAll(rowCount: number, { columns, rows }: RowPreview): void {
    this.inserted = rowCount;
    const places = this.#columns.map((name) => columns.indexOf(name));
    const shown = rows.slice(0, MAX_CHANGED_ROWS);
    this.#samples.inserted.push(
      ...shown.map((row) => ({ before: null, after: places.map((place) => row[place] ?? null), changed: [] })),
    );
  }

  /** Nothing tells rows apart. */
  cannotTell(): void {
    this.#isTold = false;
  }

  async insert(names: readonly KeyName[], source: KeyedReader): Promise<void> {
    this.inserted += names.length;
    const shown = this.#room("inserted", names);
    const rows = await valuesOf(source, shown);
    this.#samples.inserted.push(...rowsOf(shown, rows, (after) => ({ before: null, after, changed: [] })));
  }

  async delete(names: readonly KeyName[], destination: KeyedReader): Promise<void> {
    this.deleted += names.length;
    const shown = this.#room("deleted", names);
    const rows = await valuesOf(destination, shown);
    this.#samples.deleted.push(...rowsOf(shown, rows, (before) => ({ before, after: null, changed: [] })));
  }

  async update(names: readonly KeyName[], ends: KeyedEnds): Promise<void> {
    this.updated += names.length;
    const shown = this.#room("updated", names);
    if (shown.length === 0) return;
    const [after, before] = [await valuesOf(ends.source, shown), await valuesOf(ends.destination, shown)];
    const differences = await withColumns(
      ends,
      shown.map((key) => ({ key: [...key], kind: "different" })),
      this.#columns,
    );
    const changed = new Map(differences.map(({ key, columns }) => [JSON.stringify(key), columns]));
    this.#samples.updated.push(
      ...rowsOf(shown, after, (values, name) => ({
        before: before.get(name) ?? null,
        after: values,
        changed: changed.get(name) ?? [],
      })),
    );
  }

  found(isComplete: boolean): FoundChanges {
    const { inserted, updated, deleted, unchanged, duplicates } = this;
    return {
      counts: this.#isTold ? { inserted, updated, deleted, unchanged, duplicates } : null,
      isComplete,
      sourceRows: this.sourceRows,
      destinationRows: this.destinationRows,
      keyColumns: this.#keyColumns,
      columns: this.#columns,
      ...this.#samples,
      refusal: this.refusal,
    };
  }

  /** The keys of which there is room to show the rows. */
  #room(kind: Kind, names: readonly KeyName[]): readonly Key[] {
    return names.slice(0, Math.max(0, MAX_CHANGED_ROWS - this.#samples[kind].length)).map(readKey);
  }
}

type Values = readonly (string | null)[];

async function valuesOf(reader: KeyedReader, keys: readonly Key[]): Promise<ReadonlyMap<string, Values>> {
  if (keys.length === 0) return new Map();
  return new Map((await reader.readValues(keys)).map(({ key, values }) => [JSON.stringify(key), values]));
}

/** In the order of the keys. */
const rowsOf = (
  keys: readonly Key[],
  values: ReadonlyMap<string, Values>,
  toRow: (values: Values, name: string) => SampleRow,
): SampleRow[] =>
  keys.flatMap((key) => {
    const name = JSON.stringify(key);
    const own = values.get(name);
    return own ? [toRow(own, name)] : [];
  });
