import type { Socket } from "node:net";
import type { Connection, Submittable } from "pg";

const HEADER_BYTES = 5;
const FUNCTION_CALL = 0x46;
const FUNCTION_CALL_RESPONSE = 0x56;
const READY_FOR_QUERY = 0x5a;

/**
 * Calls a function of the server by the protocol's own message for it, its arguments as text. What a statement holds, and what is
 * bound to one, may be written to the server's log by `log_statement` and `log_min_duration_statement`, and is seen in
 * `pg_stat_activity` and `pg_stat_statements`; of this message the server shows and logs the function's name alone. The result is
 * thrown away. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-FUNCTION-CALL
 */
export class FunctionCall implements Submittable {
  readonly ended: Promise<void>;
  readonly #message: Buffer;
  readonly #end: (error?: Error) => void;
  #socket: Socket | undefined;
  #driverListeners: ((chunk: Buffer) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(functionOid: number, values: readonly string[]) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = (error) => (error ? reject(error) : resolve());
    this.#message = functionCallMessage(functionOid, values);
  }

  submit(connection: Connection): void {
    const socket = connection.stream as Socket;
    this.#socket = socket;
    this.#driverListeners = socket.listeners("data") as ((chunk: Buffer) => void)[];
    for (const listener of this.#driverListeners) socket.off("data", listener);
    socket.on("data", this.#onData);
    socket.write(this.#message);
  }

  handleError(error: Error): void {
    this.#giveBack();
    this.#end(error);
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  /** The driver does not know the answer to this message and takes it for a broken server, so everything but that is passed on. */
  readonly #onData = (chunk: Buffer): void => {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#socket && this.#rest.length >= HEADER_BYTES) {
      const end = 1 + this.#rest.readUInt32BE(1);
      if (end > this.#rest.length) return;
      const message = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      if (message[0] === FUNCTION_CALL_RESPONSE) continue;
      const listeners = this.#driverListeners;
      if (message[0] === READY_FOR_QUERY) this.#giveBack();
      for (const listener of listeners) listener(message);
    }
  };

  /** From here on the bytes are the driver's again. */
  #giveBack(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    socket.off("data", this.#onData);
    for (const listener of this.#driverListeners) socket.on("data", listener);
  }
}

function functionCallMessage(functionOid: number, values: readonly string[]): Buffer {
  const int16 = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return bytes;
  };
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const args = values.flatMap((value) => {
    const bytes = Buffer.from(value);
    return [int32(bytes.length), bytes];
  });
  // No format codes: all arguments are text; and so is the result.
  const body = Buffer.concat([int32(functionOid), int16(0), int16(values.length), ...args, int16(0)]);
  return Buffer.concat([Buffer.from([FUNCTION_CALL]), int32(body.length + 4), body]);
}
