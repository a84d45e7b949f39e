import { Readable } from "node:stream";
import type { Socket } from "node:net";
import type { Connection, Submittable } from "pg";
import { FrameScanner, MESSAGE } from "./postgres-copy-frames.ts";

/** A few of the socket's own chunks, so that it is not paused for each of them. */
const BUFFERED_BYTES = 128 * 1024;
const HEADER_BYTES = 5;

/**
 * `copy … to stdout` as its CopyData messages, just as the server sent them, for `CopyIn` to pass on: nothing is unpacked,
 * copied or packed again. State: waiting -> copying -> done (its last messages belong to the driver again) | failed.
 * Destroyed half-way it reads on and throws away until the server stops, so that the session can be used again.
 */
export class CopyOut extends Readable implements Submittable {
  readonly #sql: string;
  readonly #frames = new FrameScanner();
  #socket: Socket | undefined;
  #driverListeners: ((chunk: Buffer) => void)[] = [];
  #rowCount: number | undefined;
  /** What is left of a message that is not CopyData and not yet complete. */
  #other: Buffer = Buffer.alloc(0);

  constructor(sql: string) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.#sql = sql;
  }

  /** Rows that have passed: the server's own count once it has ended, before that the messages seen. */
  get rowCount(): number {
    return this.#rowCount ?? this.#frames.dataCount;
  }

  /** Bytes of the rows that have passed, without the messages around them. */
  get byteCount(): number {
    return this.#frames.dataBytes;
  }

  submit(connection: Connection): void {
    const socket = connection.stream as Socket;
    this.#socket = socket;
    this.#driverListeners = socket.listeners("data") as ((chunk: Buffer) => void)[];
    for (const listener of this.#driverListeners) socket.off("data", listener);
    socket.on("data", this.#onData);
    // The extended protocol takes one statement and refuses a second, whatever a query of a user's own holds.
    socket.cork();
    connection.parse({ text: this.#sql, name: "", types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    connection.sync();
    socket.uncork();
  }

  override _read(): void {
    if (this.#rowCount === undefined) this.#socket?.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket?.resume();
    callback(error);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }

  handleCommandComplete(message: { text?: string }): void {
    this.#rowCount = Number(/^COPY (\d+)/.exec(message.text ?? "")?.[1] ?? 0);
    this.push(null);
  }

  handleReadyForQuery(): void {}

  readonly #onData = (chunk: Buffer): void => {
    let from = 0;
    if (this.#other.length > 0) {
      chunk = Buffer.concat([this.#other, chunk]);
      this.#other = Buffer.alloc(0);
    }
    while (from < chunk.length) {
      const to = this.#frames.skipData(chunk, from);
      if (to > from && !this.destroyed && !this.push(chunk.subarray(from, to))) this.#socket?.pause();
      if (to === chunk.length) return;
      if (chunk[to] === MESSAGE.error) return this.#giveBack(chunk.subarray(to));
      if (chunk.length - to < HEADER_BYTES) {
        this.#other = chunk.subarray(to);
        return;
      }
      const next = to + 1 + chunk.readUInt32BE(to + 1);
      if (chunk[to] === MESSAGE.copyDone) return this.#giveBack(chunk.subarray(next));
      // The answer to COPY itself, a notice, a changed setting: nothing that a copy needs.
      if (next > chunk.length) {
        this.#other = chunk.subarray(to);
        return;
      }
      from = next;
    }
  };

  /** From here on the bytes are the driver's again. */
  #giveBack(rest: Buffer): void {
    const socket = this.#socket;
    if (!socket) return;
    socket.off("data", this.#onData);
    for (const listener of this.#driverListeners) socket.on("data", listener);
    socket.resume();
    if (rest.length > 0) for (const listener of this.#driverListeners) listener(rest);
  }
}
