import type { QueueOptions } from "pg-boss";
import { createBoss, RUN_QUEUE } from "./boss.ts";

const QUEUE = {
  // The sweep queues again what got lost, under its own rules.
  retryLimit: 0,
  // The longest that the queue knows. A run may take longer: it is kept by its lease and not by its job.
  expireInSeconds: 24 * 60 * 60,
  // A job that is done tells nothing that its run does not.
  deleteAfterSeconds: 60,
  retentionSeconds: 24 * 60 * 60,
  notify: true,
} satisfies QueueOptions & { notify: boolean };

/** The queue's schema and its one queue, in which a run waits at most once. The same after any number of calls. */
export async function installQueue(databaseUrl: string): Promise<void> {
  const boss = createBoss(databaseUrl, "millrace migrate", { migrate: true, createSchema: true, max: 1 });
  // What goes wrong here is thrown by the call that meets it.
  boss.on("error", () => {});
  await boss.start();
  try {
    if (await boss.getQueue(RUN_QUEUE)) await boss.updateQueue(RUN_QUEUE, QUEUE);
    else await boss.createQueue(RUN_QUEUE, { ...QUEUE, policy: "short" });
  } finally {
    await boss.stop({ graceful: false });
  }
}
