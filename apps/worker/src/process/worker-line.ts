import type { HeldRow, QuarantinedRow, QuarantineSink, ReplayFeed } from "@millrace/engine";
import { AppError } from "@millrace/shared";
import type { FromProcess } from "./messages.ts";
import type { Answer, Question } from "./questions.ts";

/**
 * Rows go over IPC in parts of so many, or of so many characters. The worker holds a part several times over, as rows, sealed, as a statement
 * and as its bytes, and what lives as long as a statement is collected late: with parts of 1 MB a worker grew by 300 MB.
 */
const PART_ROWS = 100;
const PART_CHARACTERS = 64 * 1024;

/**
 * The line of a run's process to its worker: each question waits for its answer, or for the end of the run. There is one run at
 * a time, so an answer to a question of the run before finds nobody.
 */
export class WorkerLine {
  readonly #send: (message: FromProcess) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #lastId = 0;

  constructor(send: (message: FromProcess) => void) {
    this.#send = send;
  }

  answered(id: number, answer: Answer): void {
    this.#waiting.get(id)?.resolve(answer);
  }

  refused(id: number, error: AppError): void {
    this.#waiting.get(id)?.reject(error);
  }

  /** Rejects with what the worker was refused, and with `RUN_CANCELLED` once the signal aborts. */
  async ask(question: Question, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<Answer>();
    const onAbort = () => waiting.reject(new AppError("RUN_CANCELLED"));
    this.#waiting.set(id, waiting);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.#send({ kind: "question", id, question });
      return await waiting.promise;
    } finally {
      this.#waiting.delete(id);
      signal.removeEventListener("abort", onAbort);
    }
  }

  quarantine(signal: AbortSignal): QuarantineSink {
    return {
      begin: async () => void (await this.ask({ kind: "forgetQuarantine" }, signal)),
      keep: async (rows) => {
        for (const part of partsOf(rows)) await this.ask({ kind: "keepRows", rows: part }, signal);
      },
    };
  }

  replayFeed(signal: AbortSignal): ReplayFeed {
    return {
      next: (after): Promise<readonly HeldRow[]> => this.ask({ kind: "heldRows", after }, signal),
      settle: async (replayed, refused) => {
        await this.ask({ kind: "settleRows", replayed, refused }, signal);
      },
    };
  }
}

function* partsOf(rows: readonly QuarantinedRow[]): Generator<readonly QuarantinedRow[]> {
  let part: QuarantinedRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = Object.values(row.values ?? {}).reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (part.length > 0 && (part.length >= PART_ROWS || characters + size > PART_CHARACTERS)) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(row);
    characters += size;
  }
  if (part.length > 0) yield part;
}
