import { Command } from "commander";

export interface StartOptions {
  readonly port?: string;
  readonly dataDir?: string;
  readonly sample?: boolean;
  readonly verbose?: boolean;
}

/** `millrace start`: the whole product in one process tree. */
export function startCommand(): Command {
  return new Command("start")
    .description("Start everything: PostgreSQL, the API with the web app, and a worker.")
    .option("--port <port>", "the port to listen on (default: PORT, or 5001)")
    .option(
      "--data-dir <folder>",
      "where the database and the secret key live (default: MILLRACE_DATA_DIR, or .millrace)",
    )
    .option("--sample", "on the first start, make two sample databases and run a pipeline between them")
    .option("--verbose", "show the log of requests and runs, at LOG_LEVEL; without it only warnings")
    .addHelpText(
      "after",
      `
With DATABASE_URL set, that database is used and no PostgreSQL is started.

Examples:
  millrace start
  millrace start --port 8080 --data-dir /var/lib/millrace
  DATABASE_URL=postgres://millrace:…@db/millrace MILLRACE_SECRET_KEY=… millrace start`,
    )
    .action(async (options: StartOptions) => {
      const { runWholeProduct } = await import("../roles/whole-product.ts");
      await runWholeProduct(options);
    });
}
