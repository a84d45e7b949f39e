import { open, rm } from "node:fs/promises";
import type { QuarantineSink } from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import type { TableTask } from "./table-selection.ts";

/** A file that takes rows which were set aside, of any number of tables at once. */
export interface QuarantineFile extends AsyncDisposable {
  sinkOf(task: TableTask): QuarantineSink;
}

/** Makes the file, for its owner's eyes alone: it holds values. In the end it is there only if it took any. Throws `VALIDATION_FAILED` where it cannot, or where one is there. */
export async function openQuarantineFile(path: string): Promise<QuarantineFile> {
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    const issue = "--quarantine-file: the file cannot be made, or is there already";
    throw new AppError("VALIDATION_FAILED", { params: { issue }, cause });
  });
  let isEmpty = true;
  return {
    sinkOf: ({ source }) => ({
      begin: async () => {},
      keep: async (rows) => {
        isEmpty = false;
        const table = formatTableName(source);
        await file.appendFile(rows.map((row) => `${JSON.stringify({ table, ...row })}\n`).join(""));
      },
    }),
    [Symbol.asyncDispose]: async () => {
      await file.close();
      if (isEmpty) await rm(path);
    },
  };
}
