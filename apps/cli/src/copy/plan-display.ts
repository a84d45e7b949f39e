import type { ChangesSoFar } from "@millrace/engine";
import { formatCount, visibleTable } from "./figures.ts";
import type { TableTask } from "./table-selection.ts";

/** Told of each table whose rows are compared, one after the other. */
export interface PlanWatcher {
  begin(task: TableTask): void;
  found(found: ChangesSoFar): void;
  end(): void;
}

/** Whoever waits for a large table is told this often that it is under way. */
const LINE_INTERVAL_MS = 5000;

/** Lines on standard error, so that standard output holds the plan alone. */
export function planDisplay(stream: NodeJS.WritableStream): PlanWatcher {
  let timer: NodeJS.Timeout | undefined;
  let latest: ChangesSoFar = { inserted: 0, updated: 0, deleted: 0 };
  return {
    begin(task) {
      latest = { inserted: 0, updated: 0, deleted: 0 };
      timer = setInterval(() => {
        const { inserted, updated, deleted } = latest;
        const counts = `+${formatCount(inserted)} ~${formatCount(updated)} -${formatCount(deleted)}`;
        stream.write(`${visibleTable(task.source)}: comparing, ${counts} so far\n`);
      }, LINE_INTERVAL_MS);
    },
    found: (found) => void (latest = found),
    end: () => clearInterval(timer),
  };
}
