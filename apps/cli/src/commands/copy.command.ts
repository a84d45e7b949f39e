import {
  type DeleteMode,
  MAX_QUARANTINED_ROWS,
  type SchemaChangePolicy,
  VerificationMode,
  type WriteMode,
} from "@millrace/shared";
import type { MappingOptions } from "../copy/mapping-options.ts";
import { Command, InvalidArgumentError, Option } from "commander";

export interface CopyOptions extends MappingOptions {
  readonly from: string;
  readonly to: string;
  readonly table: readonly string[];
  readonly toTable?: string;
  readonly writeMode: WriteMode;
  readonly key?: readonly string[];
  readonly cursor?: string;
  readonly deletes: DeleteMode;
  readonly maxDeletes?: number;
  readonly schemaChange: CopySchemaChange;
  readonly maxFailed?: number;
  readonly quarantineFile?: string;
  readonly jobs: number;
  readonly plan?: boolean;
  /** False for `--no-verify`. */
  readonly verify: VerificationMode | false;
  readonly json?: boolean;
}

const WRITE_MODES = ["replace", "append", "merge", "history"] as const satisfies readonly WriteMode[];
const DELETE_MODES = ["ignore", "soft", "hard"] as const satisfies readonly DeleteMode[];
/** Nobody could be asked, and nothing was agreed but the destination's own columns: `freeze` takes these for fixed. */
const SCHEMA_CHANGES = ["freeze", "evolve", "discard_column"] as const satisfies readonly SchemaChangePolicy[];
type CopySchemaChange = (typeof SCHEMA_CHANGES)[number];
/** More sessions than this at one server are a mistake rather than a wish. */
const MAX_JOBS = 64;

/** `millrace copy`: moves tables now, without a server. Exit codes: `docs/copy.md`. */
export function copyCommand(): Command {
  return (
    new Command("copy")
      .description("Copy tables from one database into another, and prove what arrived.")
      .requiredOption("--from <url>", "the database to read, postgresql://user:password@host:port/database")
      .requiredOption("--to <url>", "the database to write")
      .requiredOption(
        "--table <schema.name>",
        "a table or view; may be given more than once, and as 'schema.*' in quotes for all tables of a schema",
        (name: string, names: readonly string[] | undefined) => [...(names ?? []), name],
      )
      .option(
        "--to-table <schema.name>",
        "another name at the destination; only with one table (default: the same name)",
      )
      .addOption(
        new Option(
          "--write-mode <mode>",
          "replace the destination table in one step, append to it, merge into it by a key, or keep each version of a row",
        )
          .choices(WRITE_MODES)
          .default("replace" satisfies WriteMode),
      )
      .option(
        "--key <column>",
        "a column that tells rows apart, for merge and history; repeats (default: the primary key)",
        (name: string, names: readonly string[] | undefined) => [...(names ?? []), name],
      )
      .option(
        "--cursor <column>",
        "of rows with one key the one with the greatest value here wins, for merge and history; all rows are read, since only a pipeline remembers a position",
      )
      .addOption(
        new Option("--deletes <mode>", "what becomes of rows that the source has no more, for merge and history")
          .choices(DELETE_MODES)
          .default("ignore" satisfies DeleteMode),
      )
      .option("--max-deletes <percent>", "refuse to delete a larger share of the table (default: 50)", parsePercent)
      .addOption(
        new Option(
          "--schema-change <policy>",
          "where the destination's table does not fit: fail, add its missing columns and widen types, or leave columns out",
        )
          .choices(SCHEMA_CHANGES)
          .default("freeze" satisfies CopySchemaChange),
      )
      .option("--max-failed <n>", "set aside up to so many rows of each table that the destination refuses", parseRows)
      .option("--quarantine-file <path>", "a new file for these rows, their reasons and values, one JSON object a line")
      .option("--columns <a,b>", "copy only these columns, in this order", (text: string) => text.split(","))
      .option("--exclude <column>", "leave a column out; repeats", collected)
      .option("--rename <old=new>", "another name for a column; repeats", collected)
      .option("--mask <column=how>", "mask a column: partial, redact, hash or hmac; repeats", collected)
      .option("--mask-key-file <path>", "a file with the secret of hmac, at least 16 characters")
      .option(
        "--where <condition>",
        "copy only rows for which 'column operator value' holds; repeats, and then all must hold",
        collected,
      )
      .option("--query-file <path>", "read one SELECT statement in place of the table, whose name is then only a name")
      .option("--jobs <n>", "how many tables, or chunks of a large table, to copy at once", parseJobs, 1)
      .addOption(
        new Option(
          "--verify <mode>",
          "what to compare before the table is published: all rows, their number, or nothing",
        )
          .choices(VerificationMode.options)
          .default("full" satisfies VerificationMode),
      )
      .option("--no-verify", "the same as --verify off")
      .option("--plan", "say what would be done, count the rows that would change, and copy nothing")
      .option("--json", "print one JSON object on standard output in place of the table")
      // What somebody mistyped may hold a URL, and a URL may hold a password.
      .configureOutput({ outputError: (text, write) => write(text.replaceAll(/\S*:\/\/\S*/g, "…")) })
      .addHelpText(
        "after",
        `
'schema.*' stands for the ordinary tables, the partitioned tables and the partitions of a schema, each of which arrives
as a table of its own. Views and foreign tables are copied when they are named. A name is what the catalog has, upper
and lower case included; double quotes go around a part with a dot, a quote or a star in it: 'public."my.table"'.

Exit code: 0 when every table was verified (with --verify count or off: loaded), 1 after a failure, 2 for wrong usage,
130 when interrupted. A table that fails leaves its destination as it was and does not stop the others.

Operators of --where: = != < <= > >= in not-in (values with commas between) contains starts-with ends-with is-null is-not-null.
Values are read by the source as its column's type, never as SQL. A row without a value meets != and not-in.

Examples:
  millrace copy --from postgresql://me:…@shop/store --to postgresql://me:…@dwh/warehouse --table public.orders
  millrace copy --from … --to … --table 'public.*' --jobs 4
  millrace copy --from … --to … --table public.customers --exclude phone --mask email=partial --where 'country = DE'
  millrace copy --from … --to … --table public.orders --to-table staging.orders --write-mode append --json`,
      )
      .action(async (options: CopyOptions, command: Command) => {
        if (options.toTable !== undefined && (options.table.length > 1 || options.table.some(isPattern))) {
          command.error("error: --to-table is only possible with exactly one table");
        }
        if (options.queryFile !== undefined && (options.table.length > 1 || options.table.some(isPattern))) {
          command.error("error: --query-file is only possible with exactly one table");
        }
        const { runCopy } = await import("../copy/run-copy.ts");
        process.exitCode = await runCopy(options);
      })
  );
}

const collected = (text: string, before: readonly string[] | undefined): string[] => [...(before ?? []), text];

/** A star that is not in quotes and stands for a whole name. */
const isPattern = (table: string) => /(?:^|\.)\*$/.test(table);

function parsePercent(text: string): number {
  const percent = /^\d{1,3}(?:\.\d+)?$/.test(text) ? Number(text) : -1;
  if (percent < 0 || percent > 100) throw new InvalidArgumentError("It takes a number from 0 to 100.");
  return percent;
}

function parseRows(text: string): number {
  const rows = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (rows < 0 || rows > MAX_QUARANTINED_ROWS) {
    throw new InvalidArgumentError(`It takes a number from 0 to ${MAX_QUARANTINED_ROWS}.`);
  }
  return rows;
}

function parseJobs(text: string): number {
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > MAX_JOBS) throw new InvalidArgumentError(`It takes a number from 1 to ${MAX_JOBS}.`);
  return jobs;
}
