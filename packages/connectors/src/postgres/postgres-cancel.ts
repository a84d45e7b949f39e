import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { PostgresLink } from "./postgres-connect.ts";

/** How long a cancel request may take. It is only a request, and it is repeated. */
const CANCEL_TIMEOUT_MS = 1_000;
const CANCEL_REQUEST_CODE = 80_877_102;
const SSL_REQUEST_CODE = 80_877_103;

/**
 * Asks the server to cancel the session's running statement and waits until it has taken note, so that the request cannot
 * hit a statement sent afterwards. Encrypted where the session is. Never throws: a server that is gone has nothing to cancel.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export async function requestCancel(link: PostgresLink): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  const { processID, secretKey } = link.client as unknown as { processID: number | null; secretKey: number | null };
  if (processID === null || secretKey === null) return;
  const raw = connectTcp({ host: link.address, port: link.port });
  let socket: Socket = raw;
  try {
    raw.on("error", () => {});
    await once(raw, "connect", { signal });
    if (link.tls) {
      raw.write(message(SSL_REQUEST_CODE));
      const [answer] = (await once(raw, "data", { signal })) as [Buffer];
      if (answer.toString("latin1") !== "S") return;
      socket = connectTls({ ...link.tls, socket: raw });
      socket.on("error", () => {});
      await once(socket, "secureConnect", { signal });
    }
    // The server hangs up once it has passed the request on.
    const closed = once(socket, "close", { signal });
    socket.resume();
    socket.write(message(CANCEL_REQUEST_CODE, processID, secretKey));
    await closed;
  } catch {
    // Refused, timed out or reset: the caller asks again or gives the connection up.
  } finally {
    socket.destroy();
    raw.destroy();
  }
}

function message(...words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + words.length * 4);
  bytes.writeInt32BE(bytes.length, 0);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word, 4 + index * 4);
  return bytes;
}
