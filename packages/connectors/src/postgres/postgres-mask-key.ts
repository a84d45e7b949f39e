import { createHash } from "node:crypto";
import { FunctionCall } from "./postgres-function-call.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** SHA-256's (FIPS 180-4). */
const BLOCK_BYTES = 64;

/** Settings of the session alone, which no other session can read and which end with the transaction. */
const INNER = "millrace.mask_inner";
const OUTER = "millrace.mask_outer";

/**
 * Makes the mask key known to the session until the end of its transaction, as the two padded keys of HMAC (RFC 2104), and by a
 * way that leaves nothing of them in the server's log, `pg_stat_activity` or `pg_stat_statements`: see `FunctionCall`. The
 * statements that mask only name the settings.
 */
export async function setMaskKey(session: PostgresSession, maskKey: string): Promise<void> {
  const [found] = await session.query<{ oid: string }>(
    "select 'pg_catalog.set_config(text,text,boolean)'::regprocedure::oid::text as oid",
  );
  const bytes = Buffer.from(maskKey);
  const key = Buffer.alloc(BLOCK_BYTES);
  (bytes.length > BLOCK_BYTES ? createHash("sha256").update(bytes).digest() : bytes).copy(key);
  const padded = (pad: number) => key.map((byte) => byte ^ pad) as Buffer;
  for (const [setting, value] of [
    [INNER, padded(0x36)],
    [OUTER, padded(0x5c)],
  ] as const) {
    const call = new FunctionCall(Number(found?.oid), [setting, value.toString("hex"), "true"]);
    session.client.query(call);
    await call.ended.catch((error: unknown) => {
      throw session.toError(error);
    });
  }
}

/** HMAC-SHA-256 of a binary expression under the session's mask key, as binary. No extension is needed for it. */
export const hmacSql = (bytes: string): string =>
  `pg_catalog.sha256(${setting(OUTER)} || pg_catalog.sha256(${setting(INNER)} || ${bytes}))`;

const setting = (name: string) => `pg_catalog.decode(pg_catalog.current_setting('${name}'), 'hex')`;
