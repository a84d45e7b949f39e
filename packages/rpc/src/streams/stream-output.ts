import { isTrackedEnvelope, tracked, TRPCError, type TrackedEnvelope } from "@trpc/server";
import { AppError } from "@millrace/shared";
import { z } from "zod";

/**
 * The output of a subscription: each event is checked against `schema` as it passes, as the output of any other procedure is.
 * Errors of the table keep their code on the way, so that a client gives up on "not found" and comes back after a restart.
 */
export const streamOf = <Event extends z.ZodType>(schema: Event) =>
  z
    .custom<AsyncIterable<TrackedEnvelope<z.output<Event>>, void>>((value) => isAsyncIterable(value))
    .transform((events) => withoutOrphans(checked(schema, events)));

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

async function* checked<Event extends z.ZodType>(
  schema: Event,
  events: AsyncIterable<TrackedEnvelope<z.output<Event>>, void>,
): AsyncGenerator<TrackedEnvelope<z.output<Event>>, void> {
  try {
    for await (const event of events) {
      if (!isTrackedEnvelope(event)) throw new AppError("INTERNAL", { cause: "an event without an id" });
      const [id, data] = event;
      yield tracked(id, schema.parse(data));
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new TRPCError({ code: error.entry.trpc, message: error.message, cause: error });
  }
}

/**
 * Between two events `@trpc/server` (11.19, `stream/utils/withPing.ts`) holds a promise of the next one that nobody listens to
 * until the client has taken the one before. Were it to reject meanwhile, because the database went away or the session
 * ended under a client that reads slowly or has left, Node would end the whole process. Heard here, it waits for its reader
 * as any other. Can go once the adapter listens by itself.
 */
function withoutOrphans<Event>(events: AsyncGenerator<Event, void>): AsyncGenerator<Event, void> {
  const next = events.next.bind(events);
  events.next = () => {
    const result = next();
    result.catch(() => undefined);
    return result;
  };
  return events;
}
