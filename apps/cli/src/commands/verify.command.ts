import { Command } from "commander";

export interface VerifyOptions {
  readonly from: string;
  readonly to: string;
  readonly table: string;
  readonly toTable?: string;
  readonly key?: readonly string[];
  readonly repair?: boolean;
  readonly delete?: boolean;
  readonly json?: boolean;
}

/** `millrace verify`: compares one table at both ends, and names the keys that differ. Exit codes: `docs/verify.md`. */
export function verifyCommand(): Command {
  return (
    new Command("verify")
      .description("Compare a table in two databases, name the keys that differ, and repair just these rows.")
      .requiredOption("--from <url>", "the database that is right, postgresql://user:password@host:port/database")
      .requiredOption("--to <url>", "the database to compare with it")
      .requiredOption("--table <schema.name>", "the table or view to read")
      .option("--to-table <schema.name>", "another name at the destination (default: the same name)")
      .option(
        "--key <column>",
        "a column that tells rows apart; repeats (default: the primary key)",
        (name: string, names: readonly string[] | undefined) => [...(names ?? []), name],
      )
      .option("--repair", "copy the rows that are listed, in one transaction, and compare again")
      .option("--delete", "with --repair: delete rows that only the destination has")
      .option("--json", "print one JSON object on standard output in place of the list")
      // What somebody mistyped may hold a URL, and a URL may hold a password.
      .configureOutput({ outputError: (text, write) => write(text.replaceAll(/\S*:\/\/\S*/g, "…")) })
      .addHelpText(
        "after",
        `
Both ends are read under one snapshot each. Of rows that differ their keys and the names of the columns are shown,
never other values; of more than 1,000 the first are listed and all are counted.

Exit code: 0 when both ends are equal (with --repair: afterwards), 1 when they differ or something failed,
2 for wrong usage, 130 when interrupted.

Examples:
  millrace verify --from postgresql://me:…@shop/store --to postgresql://me:…@dwh/warehouse --table public.orders
  millrace verify --from … --to … --table public.orders --to-table staging.orders --key id --json
  millrace verify --from … --to … --table public.orders --repair --delete`,
      )
      .action(async (options: VerifyOptions, command: Command) => {
        if (options.delete === true && options.repair !== true) {
          command.error("error: --delete is only possible with --repair");
        }
        const { runVerify } = await import("../verify/run-verify.ts");
        process.exitCode = await runVerify(options);
      })
  );
}
