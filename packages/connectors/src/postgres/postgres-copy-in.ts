import { Writable } from "node:stream";
import type { Socket } from "node:net";
import type { Connection, Submittable } from "pg";
import { failpoint } from "@millrace/engine";
import { FrameScanner, MESSAGE } from "./postgres-copy-frames.ts";

type Callback = (error?: Error | null) => void;

const BUFFERED_BYTES = 128 * 1024;
/** A message's length, which counts itself. */
const LENGTH_BYTES = 4;
/** What a message lacks is filled up in pieces of this size when a copy is broken off. */
const PADDING = Buffer.alloc(64 * 1024);

/**
 * `copy … from stdin` fed with CopyData messages just as `CopyOut` got them. State: waiting for the server -> copying ->
 * finished | failed. Destroyed half-way it tells the server, which then rolls the statement back; the stream closes once the
 * server has answered, so that the session can be used again.
 */
export class CopyIn extends Writable implements Submittable {
  readonly #sql: string;
  readonly #frames = new FrameScanner();
  #socket: Socket | undefined;
  #whenReady: (() => void) | undefined;
  #isReady = false;
  #whenAnswered: Callback | undefined;
  #isAnswered = false;
  /** Exact once the stream has finished. */
  rowCount = 0;

  constructor(sql: string) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.#sql = sql;
  }

  submit(connection: Connection): void {
    this.#socket = connection.stream as Socket;
    connection.query(this.#sql);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#ready(() => {
      void failpoint("mid-copy-in")?.catch((error: Error) => this.destroy(error));
      this.#frames.skipData(chunk, 0);
      if (this.#socket?.write(chunk)) callback();
      else this.#socket?.once("drain", callback);
    });
  }

  override _final(callback: Callback): void {
    this.#ready(() => {
      this.#whenAnswered = callback;
      this.#socket?.write(message(MESSAGE.copyDone, Buffer.alloc(0)));
    });
  }

  override _destroy(error: Error | null, callback: Callback): void {
    if (!this.#socket?.writable) return callback(error);
    if (this.#isAnswered) {
      // Refused in the middle of a message: its rest would be taken out of the next statement.
      this.#completeMessage();
      return callback(error);
    }
    this.#whenAnswered = () => callback(error);
    this.#ready(() => {
      this.#completeMessage();
      this.#socket?.write(message(MESSAGE.copyFail, Buffer.from("broken off\0")));
    });
  }

  handleCopyInResponse(): void {
    this.#isReady = true;
    this.#whenReady?.();
    this.#whenReady = undefined;
  }

  handleCommandComplete({ text }: { text?: string }): void {
    this.rowCount = Number(/^COPY (\d+)/.exec(text ?? "")?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#answer(null);
  }

  handleError(error: Error): void {
    const isWaitedFor = this.#whenAnswered !== undefined;
    this.#answer(error);
    if (!isWaitedFor) this.destroy(error);
  }

  #ready(work: () => void): void {
    if (this.#isReady || this.#isAnswered) work();
    else this.#whenReady = work;
  }

  #answer(error: Error | null): void {
    this.#isAnswered = true;
    const callback = this.#whenAnswered;
    this.#whenAnswered = undefined;
    callback?.(error);
    // A server that refuses the statement itself never becomes ready.
    this.#whenReady?.();
    this.#whenReady = undefined;
  }

  /** The server waits for the rest of a message that has begun, and would take whatever comes for it. */
  #completeMessage(): void {
    const { cutHeader, missingBytes } = this.#frames;
    let left = missingBytes;
    if (cutHeader.length > 0) {
      const rest = message(MESSAGE.copyData, Buffer.alloc(0)).subarray(cutHeader.length);
      left = Buffer.concat([cutHeader, rest]).readUInt32BE(1) - LENGTH_BYTES;
      this.#socket?.write(rest);
    }
    for (; left > 0; left -= PADDING.length) this.#socket?.write(PADDING.subarray(0, Math.min(left, PADDING.length)));
  }
}

function message(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(1 + LENGTH_BYTES + payload.length);
  bytes[0] = type;
  bytes.writeUInt32BE(LENGTH_BYTES + payload.length, 1);
  payload.copy(bytes, 1 + LENGTH_BYTES);
  return bytes;
}
