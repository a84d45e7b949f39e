import { testServer } from "@millrace/db/testing";
import type { OpenOptions } from "@millrace/engine";
import { afterEach, beforeAll } from "vitest";
import { parsePostgresUrl, type PostgresConfig } from "../postgres/postgres-config.ts";
import { openSession, type PostgresSession } from "../postgres/postgres-session.ts";

export interface TestSessions {
  /** A database of this test file's own, as a superuser. */
  readonly config: () => PostgresConfig;
  /** A session that is closed after the test. */
  open(config?: Partial<PostgresConfig>, options?: Partial<OpenOptions>): Promise<PostgresSession>;
}

/** To be called at the top of a test file. */
export function testSessions(): TestSessions {
  let config: PostgresConfig | undefined;
  const opened: PostgresSession[] = [];
  beforeAll(async () => {
    const server = await testServer();
    config = parsePostgresUrl(await server.createDatabase("connector"));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((session) => session.close()));
  });
  const own = () => {
    if (!config) throw new TypeError("there is a database only within tests");
    return config;
  };
  return {
    config: own,
    open: async (changes = {}, options = {}) => {
      const session = await openSession({ ...own(), ...changes }, { side: "source", signal: never(), ...options });
      opened.push(session);
      return session;
    },
  };
}

/** A signal that does not abort. */
export const never = (): AbortSignal => new AbortController().signal;
