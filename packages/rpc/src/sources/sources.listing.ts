import { DataSource, Pipeline } from "@millrace/db";
import { AppError, decodeCursor, type ListDataSourcesInput, MAX_TOLD_PIPELINES } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { type Page, pageFrom } from "../paging.ts";
import { getSource } from "./sources.service.ts";

/** How many pipelines each data source stands at either end of. */
export type PipelineCounts = ReadonlyMap<string, number>;

/** One page in the order that was asked for, and how many pipelines use each of it, in one more query. */
export async function listSources(
  { em }: Scope,
  { limit, cursor, search, order }: ListDataSourcesInput,
): Promise<{ page: Page<DataSource>; counts: PipelineCounts }> {
  const contains = search ? { $ilike: `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%` } : null;
  const field = order.endsWith("name") ? "name" : "id";
  const direction = order.startsWith("-") ? "desc" : "asc";
  const found = await em.find(
    DataSource,
    {
      $and: [
        cursor === undefined ? {} : await past({ em }, decodeCursor(cursor), field, direction),
        contains === null ? {} : { $or: [{ name: contains }, { host: contains }, { database: contains }] },
      ],
    },
    { orderBy: { [field]: direction }, limit: limit + 1 },
  );
  const page = pageFrom(found, limit);
  return { page, counts: await countPipelines({ em }, page.items) };
}

/** Names are unique and ids grow with time, so either alone says where a page ended. */
async function past({ em }: Pick<Scope, "em">, id: string, field: "name" | "id", direction: "asc" | "desc") {
  const than = direction === "asc" ? "$gt" : "$lt";
  if (field === "id") return { id: { [than]: id } };
  const last = await em.findOne(DataSource, { id }, { fields: ["name"] });
  // It was deleted meanwhile, and its name with it.
  if (!last) throw new AppError("VALIDATION_FAILED", { params: { issue: "cursor: is not one of this list any more" } });
  return { name: { [than]: last.name } };
}

const COUNT_PIPELINES = `
  select used.id, count(distinct p.id)::int4 as count
    from pipelines p
   cross join lateral (values (p.source_id), (p.destination_id)) used(id)
   where p.organization_id = ? and used.id = any(?::uuid[])
   group by used.id`;

async function countPipelines({ em }: Pick<Scope, "em">, sources: readonly DataSource[]): Promise<PipelineCounts> {
  const [first] = sources;
  if (!first) return new Map();
  const ids = `{${sources.map(({ id }) => id).join(",")}}`;
  // The ORM cannot count over two columns at once. `forOrganization` binds this query to the tenant as it does any other.
  const rows = await em.execute<{ id: string; count: number }[]>(COUNT_PIPELINES, [first.organizationId, ids]);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** The data source with the pipelines that use it, by name, and how many there are of them. */
export async function getSourceWithUses(
  scope: Scope,
  id: string,
): Promise<{ source: DataSource; pipelines: Pipeline[]; count: number }> {
  const source = await getSource(scope, id);
  const [pipelines, count] = await scope.em.findAndCount(
    Pipeline,
    { $or: [{ sourceId: id }, { destinationId: id }] },
    { orderBy: { name: "asc" }, limit: MAX_TOLD_PIPELINES },
  );
  return { source, pipelines, count };
}
