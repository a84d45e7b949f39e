import { hasRole, newId, ROLES } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";
import type { Accounts } from "./accounts.ts";
import { openAccounts } from "./open-accounts.ts";
import { SECRET_KEY } from "../testing/test-platform.ts";

const ACCOUNT = { email: "ada@example.org", password: "correct horse", name: "Ada", organizationName: "Engines" };

let test: TestPlatform;
let accounts: Accounts;
let admin: Client;
beforeAll(async () => {
  test = await testPlatform();
  accounts = test.platform.accounts;
  admin = new Client({ connectionString: test.databaseUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await test.close();
});

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "done",
    (error: { code?: unknown }) => error.code ?? error,
  );

let address = 0;
/** From an address of one's own, so that tests do not use up each other's attempts. */
const signIn = async (email = ACCOUNT.email, password = ACCOUNT.password) => {
  const { setCookies } = await accounts.signIn({ email, password }, `10.0.0.${(address += 1)}`);
  return setCookies.map((line) => line.split(";", 1)[0]).join("; ");
};
const actorOf = async (cookie: string) => (await accounts.authenticate({ cookie, token: undefined }))?.actor;

// security.md S25
describe("the first account", () => {
  it("is made by one of those who hold the link at once, and by none after", async () => {
    expect(await accounts.isSetUpNeeded()).toBe(true);
    const token = (await accounts.issueSetUpToken()) ?? "";
    expect(token).toMatch(/^[\w-]{43}$/);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => codeOf(accounts.setUp({ ...ACCOUNT, token }))));
    expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "SETUP_LINK_INVALID")).toHaveLength(19);
    expect(await accounts.isSetUpNeeded()).toBe(false);
    expect(await accounts.issueSetUpToken()).toBeNull();
    expect(await codeOf(accounts.setUp({ ...ACCOUNT, email: "eve@example.org", token }))).toBe("SETUP_LINK_INVALID");
    const { rows } = await admin.query(`select count(*)::int as users from auth."user"`);
    expect(rows).toEqual([{ users: 1 }]);
  });

  it("owns its organization", async () => {
    expect(await actorOf(await signIn())).toMatchObject({
      email: ACCOUNT.email,
      organizationName: "Engines",
      role: "owner",
      via: "session",
    });
  });

  it("is left alone by a later unattended start", async () => {
    await accounts.ensureFirstAccount({ ...ACCOUNT, email: "eve@example.org" });
    const { rows } = await admin.query(`select email from auth."user"`);
    expect(rows).toEqual([{ email: ACCOUNT.email }]);
  });
});

describe("the first account of a database of its own", () => {
  let other: TestPlatform;
  beforeAll(async () => {
    other = await testPlatform();
  });
  afterAll(() => other.close());

  it("is not made by a guess, nor by a link that has expired", async () => {
    const token = (await other.platform.accounts.issueSetUpToken()) ?? "";
    const client = new Client({ connectionString: other.databaseUrl });
    await client.connect();
    const { rows } = await client.query(`select value from auth.verification`);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(await codeOf(other.platform.accounts.setUp({ ...ACCOUNT, token: `${token}x` }))).toBe("SETUP_LINK_INVALID");
    await client.query(`update auth.verification set "expiresAt" = now() - interval '1 second'`);
    await client.end();
    expect(await codeOf(other.platform.accounts.setUp({ ...ACCOUNT, token }))).toBe("SETUP_LINK_INVALID");
  });

  it("takes over the organization that was there before anybody had an account", async () => {
    const { accounts } = other.platform;
    const ids = await Promise.all([1, 2, 3].map(() => accounts.ensureOrganization("My organization")));
    expect(new Set(ids).size).toBe(1);
    expect(await accounts.isSetUpNeeded()).toBe(true);
    await accounts.setUp({ ...ACCOUNT, token: (await accounts.issueSetUpToken()) ?? "" });
    const { setCookies } = await accounts.signIn(ACCOUNT, "10.0.0.1");
    const signedIn = await accounts.authenticate({ cookie: setCookies.join("; "), token: undefined });
    expect(signedIn?.actor).toMatchObject({ organizationId: ids[0], organizationName: "Engines", role: "owner" });
    expect(await accounts.ensureOrganization("Another")).toBe(ids[0]);
  });
});

describe("the account of an unattended start", () => {
  let other: TestPlatform;
  beforeAll(async () => {
    other = await testPlatform();
  });
  afterAll(() => other.close());

  it("is made once by several processes that start at once", async () => {
    const start = () =>
      openAccounts({ databaseUrl: other.databaseUrl, secretKey: SECRET_KEY, publicUrl: null, clock: other.clock });
    const started = await Promise.all([start(), start(), start()]);
    await Promise.all(started.map((each) => each.ensureFirstAccount(ACCOUNT)));
    await Promise.all(started.map((each) => each.close()));
    const { setCookies } = await other.platform.accounts.signIn(ACCOUNT, "10.0.0.1");
    expect(setCookies).not.toEqual([]);
  });
});

describe("a session", () => {
  it("is another one at each sign-in", async () => {
    expect(await signIn()).not.toBe(await signIn());
  });

  // security.md S22
  it("ends at once when its user signs out, and only that one", async () => {
    const [one, other] = [await signIn(), await signIn()];
    const cleared = await accounts.signOut(one);
    expect(cleared.join()).toContain("Max-Age=0");
    expect(await actorOf(one)).toBeUndefined();
    expect(await actorOf(other)).toBeDefined();
  });

  it("ends twelve hours after its last request, and seven days after it began", async () => {
    const idle = await signIn();
    await admin.query(`update auth.session set "expiresAt" = now() - interval '1 second' where id = $1`, [
      (await actorOf(idle))?.credentialId,
    ]);
    expect(await actorOf(idle)).toBeUndefined();
    const old = await signIn();
    await admin.query(`update auth.session set "createdAt" = now() - interval '7 days 1 minute' where id = $1`, [
      (await actorOf(old))?.credentialId,
    ]);
    expect(await actorOf(old)).toBeUndefined();
  });

  it("is nobody's when it was not signed here", async () => {
    const cookie = await signIn();
    const forged = cookie.replace(/\.([^.]+)$/, ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D");
    for (const wrong of [forged, cookie.split(".")[0] ?? "", "millrace_session=", "millrace_session=%", "other=1"]) {
      expect(await actorOf(wrong)).toBeUndefined();
    }
  });

  it("tells those who watch it when it ends", async () => {
    const cookie = await signIn();
    const actor = await actorOf(cookie);
    const until = new AbortController();
    const ended = actor && accounts.watchCredential(actor, until.signal);
    expect(ended?.aborted).toBe(false);
    await accounts.signOut(cookie);
    expect(ended?.aborted).toBe(true);
    until.abort();
  });

  it("is over for who has left the organization", async () => {
    const cookie = await signIn();
    await admin.query("begin");
    await admin.query(`update auth.member set role = 'stranger'`);
    await admin.query("commit");
    expect(await actorOf(cookie)).toBeUndefined();
    await admin.query(`update auth.member set role = 'owner'`);
    expect(await actorOf(cookie)).toBeDefined();
  });
});

describe("signing in", () => {
  // security.md S24
  it("answers the same for a wrong password, an unknown user and what is no address", async () => {
    for (const [email, password] of [
      [ACCOUNT.email, "wrong horse"],
      ["nobody@example.org", ACCOUNT.password],
      ["no address", ACCOUNT.password],
    ] as const) {
      expect(await codeOf(signIn(email, password))).toBe("CREDENTIALS_INVALID");
    }
  });

  it("hashes once for an unknown user as for a known one", async () => {
    const millisecondsFor = async (email: string) => {
      const times: number[] = [];
      for (let count = 0; count < 9; count += 1) {
        const start = performance.now();
        await codeOf(signIn(email, "wrong horse"));
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[4] ?? 0;
    };
    const [known, unknown] = [await millisecondsFor(ACCOUNT.email), await millisecondsFor("nobody@example.org")];
    // Without the dummy hash the unknown user is answered in a tenth of the time.
    expect(unknown).toBeGreaterThan(known / 3);
  });

  it("does not care for the case of an address", async () => {
    expect(await actorOf(await signIn("ADA@Example.ORG"))).toBeDefined();
  });

  // security.md S23
  it("stops after five failures at one account from one address, and lets others in", async () => {
    const attempt = (from: string, password: string) =>
      codeOf(accounts.signIn({ email: ACCOUNT.email, password }, from));
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => attempt("192.0.2.1", "wrong horse")));
    expect(outcomes.filter((outcome) => outcome === "CREDENTIALS_INVALID")).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === "RATE_LIMITED")).toHaveLength(95);
    expect(await attempt("192.0.2.1", ACCOUNT.password)).toBe("RATE_LIMITED");
    expect(await attempt("192.0.2.2", ACCOUNT.password)).toBe("done");
    test.clock.set(new Date(Date.now() + 16 * 60_000).toISOString());
    expect(await attempt("192.0.2.1", ACCOUNT.password)).toBe("done");
  });

  it("stops after fifty failures from one address, whatever the accounts", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, count) =>
        codeOf(accounts.signIn({ email: `nobody${count}@example.org`, password: "wrong" }, "192.0.2.3")),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "CREDENTIALS_INVALID")).toHaveLength(50);
  });

  it("counts no success", async () => {
    for (let count = 0; count < 60; count += 1)
      expect(await codeOf(accounts.signIn(ACCOUNT, "192.0.2.4"))).toBe("done");
  });
});

// security.md S28
describe("an API token", () => {
  const owner = async () => {
    const actor = await actorOf(await signIn());
    if (!actor) throw new TypeError("not signed in");
    return actor;
  };
  const bearer = async (token: string) => (await accounts.authenticate({ cookie: undefined, token }))?.actor;

  it("acts in its organization, with its own role", async () => {
    const actor = await owner();
    const { token, secret } = await accounts.createToken(actor, { name: "ci", role: "operator", expiresInDays: 30 });
    expect(secret).toMatch(/^mr_\w{64}$/);
    expect(token.start).toBe(secret.slice(0, token.start.length));
    expect(await bearer(secret)).toMatchObject({
      userId: actor.userId,
      organizationId: actor.organizationId,
      role: "operator",
      via: "token",
      credentialId: token.id,
    });
  });

  it("is stored as a hash that cannot be sent back", async () => {
    const { token, secret } = await accounts.createToken(await owner(), {
      name: "ci",
      role: "viewer",
      expiresInDays: null,
    });
    const { rows } = await admin.query(`select * from auth.apikey where id = $1`, [token.id]);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(10));
    expect(await bearer(String(rows[0].key))).toBeUndefined();
  });

  it("never does more than its maker may today", async () => {
    const { secret } = await accounts.createToken(await owner(), { name: "ci", role: "admin", expiresInDays: 1 });
    for (const role of ROLES) {
      await admin.query(`update auth.member set role = $1`, [role]);
      expect((await bearer(secret))?.role).toBe(hasRole(role, "admin") ? "admin" : role);
    }
    await admin.query(`update auth.member set role = 'owner'`);
  });

  it("ends when it is revoked, expires, or its maker leaves", async () => {
    const actor = await owner();
    const make = () => accounts.createToken(actor, { name: "ci", role: "viewer", expiresInDays: 1 });
    const [revoked, expired] = [await make(), await make()];
    await accounts.revokeToken(revoked.token.id);
    expect(await bearer(revoked.secret)).toBeUndefined();
    await admin.query(`update auth.apikey set "expiresAt" = now() - interval '1 second' where id = $1`, [
      expired.token.id,
    ]);
    expect(await bearer(expired.secret)).toBeUndefined();
    expect((await accounts.listTokens(actor.organizationId)).map(({ id }) => id)).not.toContain(expired.token.id);
    const left = await make();
    await admin.query(`update auth.member set role = 'stranger'`);
    expect(await bearer(left.secret)).toBeUndefined();
    await admin.query(`update auth.member set role = 'owner'`);
  });

  it.each([
    "",
    "mr_",
    "mr_short",
    `mr_${"a".repeat(64)}`,
    `xx_${"a".repeat(64)}`,
    `mr_${"a".repeat(100_000)}`,
    newId(),
  ])("that was never made is nobody's", async (token) => {
    expect(await bearer(token)).toBeUndefined();
  });
});
