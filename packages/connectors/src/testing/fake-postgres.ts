import type { Socket } from "node:net";
import { acceptTls, type Front, listen } from "./tls-front.ts";

export interface FakePostgres extends Front {
  /** What clients have sent after their startup packet. */
  readonly received: () => Buffer;
}

interface Behaviour {
  /** The authentication request that follows the startup packet. */
  readonly authentication: Buffer;
  readonly hasTls: boolean;
  /** Answers the client's first message after that; the default says no more. */
  readonly answer?: (message: Buffer) => Buffer | null;
}

const SSL_REQUEST_CODE = 80_877_103;

/** Enough of a server to see what a client gives away to a hostile one. */
export async function fakePostgres(behaviour: Behaviour): Promise<FakePostgres> {
  const received: Buffer[] = [];
  const talk = (socket: Socket) => {
    socket.once("data", () => {
      socket.on("data", (chunk: Buffer) => {
        received.push(chunk);
        const answer = behaviour.answer?.(chunk);
        if (answer) socket.write(answer);
      });
      socket.write(behaviour.authentication);
    });
  };
  const front = await listen((socket) => {
    socket.once("data", (first: Buffer) => {
      const wantsTls = first.length === 8 && first.readInt32BE(4) === SSL_REQUEST_CODE;
      if (wantsTls && behaviour.hasTls) {
        const secure = acceptTls(socket);
        secure.on("error", () => {});
        talk(secure);
      } else if (wantsTls) {
        talk(socket);
        socket.write("N");
      } else {
        talk(socket);
        socket.emit("data", first);
      }
    });
  });
  return { ...front, received: () => Buffer.concat(received) };
}

/** A message of the protocol: its type, its length, its body. */
export function message(type: string, ...parts: readonly (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "number" ? int32(part) : Buffer.from(part))));
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const AUTHENTICATION_OK = message("R", 0);
export const AUTHENTICATION_CLEARTEXT = message("R", 3);
export const AUTHENTICATION_SCRAM = message("R", 10, "SCRAM-SHA-256\0\0");
