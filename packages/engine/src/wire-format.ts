import { AppError } from "@millrace/shared";
import type { ColumnMapping, DestinationSide, SourceSide, TableDescription } from "./connector.ts";

interface Sides {
  readonly source: Pick<SourceSide, "emits">;
  readonly destination: Pick<DestinationSide, "takes">;
}

/**
 * The first of the formats that the source can send these columns in, cheapest first, which the destination takes as well and
 * which is `allowed`, where not all are. Throws `UNSUPPORTED`.
 */
export function chooseWireFormat(
  { source, destination }: Sides,
  allowed: readonly string[] | undefined,
  description: TableDescription,
  columns: readonly ColumnMapping[],
): string {
  const known = source.emits(description, columns).filter((format) => destination.takes.includes(format));
  const chosen = known.find((format) => allowed?.includes(format) !== false);
  if (chosen !== undefined) return chosen;
  throw new AppError("UNSUPPORTED", {
    params: {
      what: `Sending these columns as ${allowed?.join(" or ") ?? "anything that the destination takes"}`,
      instead: `Between these two it can be ${known.join(" or ")}.`,
    },
  });
}
