import { beginSource, standingRefusals } from "@millrace/engine";
import type { PreviewMappedRowsInput, RowPreview } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { openConnection, takeLook } from "../sources/open-connection.ts";
import { endSources } from "./pipelines.ends.ts";
import { toBePlanned } from "./pipelines.plan.ts";
import { parseTableName } from "@millrace/shared";

/**
 * The first rows of the source as the mapping sends them: what is masked is masked by the source itself and is nowhere else
 * here. Throws what the mapping is refused for, `PIPELINE_NOT_FOUND`, `PIPELINE_INCOMPLETE`, `SOURCE_UNKNOWN`, and `FORBIDDEN` as
 * `toBePlanned` does.
 */
export async function previewMappedRows(
  scope: Scope,
  { limit, ...pipeline }: PreviewMappedRowsInput,
  callerLeft: AbortSignal | undefined,
): Promise<RowPreview> {
  const { draft, mapping, schema } = await toBePlanned(scope, pipeline);
  const { source } = await endSources(scope, draft);
  return takeLook(scope, callerLeft, async (look) => {
    const connection = await openConnection(scope, source, "source", look);
    try {
      const sourceTable = parseTableName(draft.sourceTable);
      const session = await beginSource({ source: connection, sourceTable, mapping, signal: look.signal });
      const [refusal] = standingRefusals({ schema, mapping }, session);
      if (refusal) throw refusal;
      return await session.preview(limit);
    } catch (error) {
      throw look.toError(error, "source");
    } finally {
      await connection.close();
    }
  });
}
