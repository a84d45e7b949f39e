import { afterEach, describe, expect, it } from "vitest";
import { TEST_CA } from "../testing/certificates.ts";
import {
  AUTHENTICATION_CLEARTEXT,
  AUTHENTICATION_OK,
  AUTHENTICATION_SCRAM,
  type FakePostgres,
  fakePostgres,
  message,
} from "../testing/fake-postgres.ts";
import { never, testSessions } from "../testing/test-sessions.ts";
import { type Front, tlsFront } from "../testing/tls-front.ts";
import type { PostgresConfig } from "./postgres-config.ts";
import { connectClient } from "./postgres-connect.ts";
import { openSession } from "./postgres-session.ts";

const PASSWORD = "canary-password";
const REFUSAL = "SFATAL\0VFATAL\0C28P01\0Mno\0\0";
const { config, open } = testSessions();

let servers: (FakePostgres | Front)[] = [];
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

async function fake(behaviour: Parameters<typeof fakePostgres>[0]): Promise<FakePostgres> {
  const server = await fakePostgres(behaviour);
  servers.push(server);
  return server;
}

const attempt = ({ port }: Front, changes: Partial<PostgresConfig>) =>
  openSession(
    { host: "localhost", port, database: "d", username: "u", password: PASSWORD, sslmode: "prefer", ...changes },
    { side: "destination", signal: never(), connectTimeoutMs: 15_000 },
  );

// S6 of the security rules.
describe("a server that asks for the password itself", () => {
  it.each([
    ["without TLS", { hasTls: false }, {}],
    ["without TLS, which is disabled", { hasTls: false }, { sslmode: "disable" }],
    ["over TLS that proves nothing", { hasTls: true }, { sslmode: "require" }],
  ] as const)("does not get it %s", async (_, { hasTls }, changes) => {
    const server = await fake({ hasTls, authentication: AUTHENTICATION_CLEARTEXT });
    await expect(attempt(server, changes)).rejects.toMatchObject({
      code: "PASSWORD_UNPROTECTED",
      params: { side: "destination" },
    });
    expect(server.received().toString("latin1")).not.toContain(PASSWORD);
  });

  it("gets it once it has proved that it is the host", async () => {
    const server = await fake({
      hasTls: true,
      authentication: AUTHENTICATION_CLEARTEXT,
      answer: () => message("E", REFUSAL),
    });
    const verified = { sslmode: "verify-full", sslRootCert: TEST_CA } as const;
    await expect(attempt(server, verified)).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(server.received().toString("latin1")).toContain(PASSWORD);
  });
});

describe("a server that asks for a SCRAM proof", () => {
  const scram = (iterations: number) =>
    fake({
      hasTls: false,
      authentication: AUTHENTICATION_SCRAM,
      answer: (sent) => {
        const nonce = /r=([^,]+)$/.exec(sent.toString("latin1"))?.[1];
        if (nonce) return message("R", 11, `r=${nonce}server,s=c2FsdHNhbHRzYWx0,i=${iterations}`);
        return message("E", REFUSAL);
      },
    });

  it.each([1, 4_095])("gets none of %i rounds", async (iterations) => {
    const server = await scram(iterations);
    await expect(attempt(server, {})).rejects.toMatchObject({ code: "PASSWORD_UNPROTECTED" });
    expect(server.received().toString("latin1")).not.toMatch(/p=/);
  });

  it.each([1_000_001, 2_000_000_000])("does not keep this process busy with %i rounds", async (iterations) => {
    const server = await scram(iterations);
    await expect(attempt(server, {})).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(server.received().toString("latin1")).not.toMatch(/p=/);
  });

  it("gets one of as many rounds as PostgreSQL asks for", async () => {
    const server = await scram(4_096);
    await expect(attempt(server, {})).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(server.received().toString("latin1")).toMatch(/p=/);
  });

  it("gets none where no password is set", async () => {
    const server = await scram(4_096);
    const { password: _, ...rest } = config();
    const failure = openSession(
      { ...rest, host: "127.0.0.1", port: server.port },
      { side: "source", signal: never(), connectTimeoutMs: 15_000 },
    );
    await expect(failure).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });
});

describe("TLS", () => {
  const front = async (): Promise<Front> => {
    const { host, port } = config();
    const server = await tlsFront({ host, port });
    servers.push(server);
    return server;
  };
  const verified = { sslmode: "verify-full", sslRootCert: TEST_CA } as const;

  it.each(["prefer", "require"] as const)("is used with %s, whoever answers", async (sslmode) => {
    const session = await open({ port: (await front()).port, sslmode });
    expect(session.encryption).toBe("unverified");
  });

  it.each(["localhost", "127.0.0.1"])("is verified for the host %s", async (host) => {
    const session = await open({ host, port: (await front()).port, ...verified });
    expect(session.encryption).toBe("verified");
  });

  it("is verified by the name, though the connection goes to the address that was checked", async () => {
    const { port } = await front();
    const connectTo = (host: string) =>
      connectClient(
        { ...config(), ...verified, host, port },
        {
          side: "source",
          signal: never(),
          deadlineAt: performance.now() + 30_000,
          allowPrivateNetworks: true,
          lookup: async () => ["127.0.0.1"],
        },
      );
    for (const host of ["localhost", "localhost.", "LOCALHOST"]) {
      const link = await connectTo(host);
      expect(link.encryption).toBe("verified");
      await link.client.end();
    }
    await expect(connectTo("another.example")).rejects.toMatchObject({ code: "TLS_FAILED" });
  });

  it("fails when the authority is unknown", async () => {
    const { port } = await front();
    await expect(open({ host: "localhost", port, sslmode: "verify-full" })).rejects.toMatchObject({
      code: "TLS_FAILED",
    });
  });

  it("fails when the server has none and it is required", async () => {
    await expect(open(verified)).rejects.toMatchObject({ code: "TLS_FAILED" });
  });
});

describe("a server older than 13", () => {
  it("is refused", async () => {
    const text = "120022";
    const columns = message(
      "T",
      Buffer.from([0, 3]),
      field("version", 23),
      field("database", 25),
      field("may_identify", 16),
    );
    const row = message("D", Buffer.from([0, 3]), value(text), value("d"), value("f"));
    const server = await fake({
      hasTls: false,
      authentication: Buffer.concat([AUTHENTICATION_OK, message("Z", "I")]),
      answer: (sent) =>
        sent.includes("server_version_num")
          ? Buffer.concat([message("1"), message("2"), columns, row, message("C", "SELECT 1\0"), message("Z", "I")])
          : null,
    });
    await expect(attempt(server, {})).rejects.toMatchObject({
      code: "SERVER_VERSION_UNSUPPORTED",
      params: { side: "destination", version: "12.22" },
    });
  });
});

/** A column of a row description: name, table, number, type, size, modifier, text format. */
const field = (name: string, type: number): Buffer => {
  const rest = Buffer.alloc(18);
  rest.writeInt32BE(type, 6);
  return Buffer.concat([Buffer.from(`${name}\0`), rest]);
};

const value = (text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
};
