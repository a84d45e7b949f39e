import { type Chunk, type TableDescription, type TablePlan, WHOLE_TABLE } from "@millrace/engine";
import { detailOf } from "./postgres-catalog.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** The first version that reads a range of pages without the rest (TID range scans), and that has `bit_xor`. */
const FIRST_VERSION = 140_000;

const SPLITTABLE = new Set(["r", "m", "p"]);

/**
 * Of a table as it is read: the pages of its longest part, and the bytes of all parts with what lies beside them out of line.
 * Another table access method than heap stores rows whose addresses may mean nothing, and a foreign table has none.
 */
const SIZE_SQL = `
select (coalesce(max(pg_relation_size(c.oid)), 0) / current_setting('block_size')::int8)::text as pages,
       current_setting('block_size') as block,
       coalesce(sum(pg_table_size(c.oid)), 0)::text as bytes,
       coalesce(bool_and(a.amname is not distinct from 'heap'), false) as is_heap
from (select $1::regclass::oid as oid where $2 <> 'p'
      union all select relid from pg_catalog.pg_partition_tree($1::regclass) where isleaf and $2 = 'p') part
join pg_catalog.pg_class c on c.oid = part.oid left join pg_catalog.pg_am a on a.oid = c.relam`;

/**
 * Splits a table or materialized view into ranges of pages, each chunk but the last of the same length, so that a later
 * snapshot of a table that grew at its end has the same chunks and some more. Pages that come after this look hold no row of
 * the snapshot, and the last chunk has no upper end all the same. A chunk of a partitioned table is the same range of each of
 * its partitions. Views and foreign tables stay whole.
 */
export async function splitTable(
  session: PostgresSession,
  description: TableDescription,
  plan: TablePlan,
  targetBytes: number,
): Promise<readonly Chunk[]> {
  const { relkind } = detailOf(description);
  const isSplittable = session.serverVersion >= FIRST_VERSION && SPLITTABLE.has(relkind);
  // The method between servers before version 14 adds up two sums, which cannot be put together as sum and xor are.
  if (!isSplittable || plan.digestMethod?.startsWith("text-13") === true) return [WHOLE_TABLE];
  const [size] = await session.query<{ pages: string; block: string; bytes: string; is_heap: boolean }>(SIZE_SQL, [
    quoteTable(plan.sourceTable),
    relkind,
  ]);
  if (!size?.is_heap) return [WHOLE_TABLE];
  const pages = Number(size.pages);
  const step = pagesPerChunk(pages, Number(size.block), Number(size.bytes), targetBytes);
  const count = Math.max(1, Math.ceil(pages / step));
  if (count === 1) return [WHOLE_TABLE];
  return Array.from({ length: count }, (_, index) => ({
    index,
    condition: pageRange(index * step, index === count - 1 ? null : (index + 1) * step),
  }));
}

/**
 * In powers of two of the pages that the target holds: a table whose rows have long values out of line, or that has many
 * partitions, has fewer pages in each chunk, and how many does not change while it grows evenly.
 */
function pagesPerChunk(pages: number, blockBytes: number, tableBytes: number, targetBytes: number): number {
  const share = tableBytes / Math.max(1, pages * blockBytes);
  const divisor = 2 ** Math.floor(Math.log2(Math.max(1, share)));
  return Math.max(1, Math.floor(targetBytes / blockBytes / divisor));
}

const pageRange = (from: number, to: number | null): string =>
  `ctid >= '(${from},0)'${to === null ? "" : ` and ctid < '(${to},0)'`}`;
