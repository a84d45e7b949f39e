import { Command } from "commander";

/** `millrace worker`: executes runs and fires schedules on a database that others share. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("Take runs off the queue and fire schedules; any number of them may run on any number of machines.")
    .addHelpText(
      "after",
      `
Needs DATABASE_URL and MILLRACE_SECRET_KEY, the same for every process.

Examples:
  DATABASE_URL=postgres://millrace:…@db/millrace MILLRACE_SECRET_KEY=… millrace worker
  MILLRACE_WORKER_CONCURRENCY=8 millrace worker`,
    )
    .action(async () => {
      const { runWorkerRole } = await import("../roles/worker-role.ts");
      await runWorkerRole();
    });
}
