import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "@millrace/shared";
import { tracked } from "@trpc/server";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { streamOf } from "./stream-output.ts";

const Event = z.strictObject({ count: z.number() });

async function* brokenAfterOne() {
  yield tracked("1", { count: 1 });
  throw new AppError("DATABASE_UNAVAILABLE");
}

test("an event that breaks before its reader asks for it waits for the reader, and does not end the process", async () => {
  const orphans: unknown[] = [];
  const listen = (reason: unknown) => orphans.push(reason);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));

  const events = streamOf(Event).parse(brokenAfterOne())[Symbol.asyncIterator]();
  await expect(events.next()).resolves.toMatchObject({ done: false });
  const broken = events.next();
  // Node looks for rejections without a listener at the end of each turn.
  await nextTurn();
  await nextTurn();

  expect(orphans).toEqual([]);
  await expect(broken).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});

test("an event that is not as promised ends the stream", async () => {
  const wrong = (async function* () {
    yield tracked("1", { count: "one" } as never);
  })();
  const events = streamOf(Event).parse(wrong)[Symbol.asyncIterator]();
  await expect(events.next()).rejects.toThrow();
});
