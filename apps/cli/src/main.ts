import { Command, CommanderError } from "commander";
import { apiCommand } from "./commands/api.command.ts";
import { copyCommand } from "./commands/copy.command.ts";
import { startCommand } from "./commands/start.command.ts";
import { verifyCommand } from "./commands/verify.command.ts";
import { workerCommand } from "./commands/worker.command.ts";
import { EXIT_FAILURE, EXIT_USAGE, printError } from "./terminal.ts";
import { version } from "./version.ts";

/** The `millrace` command. Each command is one file; what it needs is imported when it runs, so that none pays for another. */
const program = new Command("millrace")
  .description("Moves tables, and proves what arrived.")
  .version(version)
  .showHelpAfterError("(millrace --help shows what there is)")
  .addCommand(startCommand())
  .addCommand(apiCommand())
  .addCommand(workerCommand())
  .addCommand(copyCommand())
  .addCommand(verifyCommand());

// Sub-commands have settings of their own, so each is told to report a wrong word instead of ending the process itself.
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version come here as well, with exit code 0.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    printError(error);
    process.exitCode = EXIT_FAILURE;
  }
}
