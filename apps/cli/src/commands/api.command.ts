import { Command } from "commander";

/** `millrace api`: serves the web app and both APIs on a database that others share. */
export function apiCommand(): Command {
  return new Command("api")
    .description("Serve the web app, tRPC and REST; any number of them may share one database.")
    .option("--port <port>", "the port to listen on (default: PORT, or 5001)")
    .addHelpText(
      "after",
      `
Needs DATABASE_URL and MILLRACE_SECRET_KEY, the same for every process.

Examples:
  DATABASE_URL=postgres://millrace:…@db/millrace MILLRACE_SECRET_KEY=… millrace api
  millrace api --port 8080`,
    )
    .action(async (options: { port?: string }) => {
      const { runApiRole } = await import("../roles/api-role.ts");
      await runApiRole(options);
    });
}
