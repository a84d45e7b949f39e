import { AppError, newId } from "@millrace/shared";
import { TRPCError } from "@trpc/server";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../context.ts";
import { type Caller, createCaller } from "../router.ts";
import { appErrorOf } from "../error-formatter.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";
import { hashPassword } from "./password-hash.ts";

const PASSWORD = "correct horse";

let test: TestPlatform;
let admin: Client;
let organizationId: string;
beforeAll(async () => {
  test = await testPlatform();
  admin = new Client({ connectionString: test.databaseUrl });
  await admin.connect();
  organizationId = await test.platform.accounts.ensureOrganization("Engines");
});
afterAll(async () => {
  await admin.end();
  await test.close();
});

/** Somebody new for each test, so that they do not use up each other's attempts. */
let email: string;
beforeEach(async () => {
  const id = newId();
  email = `ada-${id}@example.org`;
  await admin.query(
    `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ($1, 'Ada', $2, true, now(), now())`,
    [id, email],
  );
  await admin.query(
    `insert into auth.account (id, "userId", "accountId", "providerId", password, "createdAt", "updatedAt")
     values ($1, $2, $2, 'credential', $3, now(), now())`,
    [newId(), id, await hashPassword(PASSWORD)],
  );
  await admin.query(
    `insert into auth.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, 'admin', now())`,
    [newId(), organizationId, id],
  );
});

/** `done`, or what the call was refused with, past the procedures or through them. */
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "done",
    (error: unknown) => {
      if (error instanceof AppError) return error.code;
      if (error instanceof TRPCError) return appErrorOf(error).code;
      throw error;
    },
  );

let address = 0;
const signIn = async (password = PASSWORD) => {
  const { setCookies } = await test.platform.accounts.signIn({ email, password }, `10.1.0.${(address += 1)}`);
  return setCookies.map((line) => line.split(";", 1)[0]).join("; ");
};
const actorOf = async (cookie: string) =>
  (await test.platform.accounts.authenticate({ cookie, token: undefined }))?.actor ?? null;
const callerOf = (actor: Actor | null): Caller => createCaller({ platform: test.platform, actor, door: "trpc" });
const signedIn = async () => callerOf(await actorOf(await signIn()));

describe("changing one's password", () => {
  // security.md S22
  it("takes the new one from then on, and ends every other session at once", async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const watched = await actorOf(other);
    const until = new AbortController();
    const ended = watched && test.platform.accounts.watchCredential(watched, until.signal);
    const caller = callerOf(await actorOf(mine));

    expect(await caller.accounts.changePassword({ currentPassword: PASSWORD, newPassword: "a better horse" })).toEqual({
      endedSessions: 1,
    });
    expect(await actorOf(mine)).not.toBeNull();
    expect(await actorOf(other)).toBeNull();
    expect(ended?.aborted).toBe(true);
    until.abort();
    expect(await codeOf(signIn())).toBe("CREDENTIALS_INVALID");
    expect(await actorOf(await signIn("a better horse"))).not.toBeNull();
  });

  it("needs the current one, and changes nothing without", async () => {
    const [mine, other] = [await signIn(), await signIn()];
    const caller = callerOf(await actorOf(mine));
    expect(
      await codeOf(caller.accounts.changePassword({ currentPassword: "wrong", newPassword: "a better horse" })),
    ).toBe("PASSWORD_WRONG");
    expect(await actorOf(other)).not.toBeNull();
    expect(await actorOf(await signIn())).not.toBeNull();
  });

  it("is done by one of two who hold the same current one", async () => {
    const caller = await signedIn();
    const change = (newPassword: string) =>
      codeOf(caller.accounts.changePassword({ currentPassword: PASSWORD, newPassword }));
    const outcomes = await Promise.all([change("a better horse"), change("the best of horses")]);
    expect(outcomes.filter((outcome) => outcome === "PASSWORD_WRONG")).toHaveLength(1);
  });

  it("stops after five wrong guesses, and counts no right one", async () => {
    const caller = await signedIn();
    const change = (currentPassword: string) =>
      codeOf(caller.accounts.changePassword({ currentPassword, newPassword: PASSWORD }));
    for (let count = 0; count < 6; count += 1) await change(PASSWORD);
    for (let count = 0; count < 5; count += 1) expect(await change("wrong")).toBe("PASSWORD_WRONG");
    expect(await change(PASSWORD)).toBe("RATE_LIMITED");
  });

  it.each(["short", "x".repeat(129)])("refuses one that set-up would refuse", async (newPassword) => {
    const caller = await signedIn();
    await expect(caller.accounts.changePassword({ currentPassword: PASSWORD, newPassword })).rejects.toThrow(
      /password/i,
    );
  });
});

it("a new name shows at the next request, and leaves others alone", async () => {
  const cookie = await signIn();
  const caller = callerOf(await actorOf(cookie));
  expect((await caller.accounts.updateProfile({ name: "  Ada Lovelace " })).name).toBe("Ada Lovelace");
  expect((await actorOf(cookie))?.name).toBe("Ada Lovelace");
  const { rows } = await admin.query(`select count(*)::int as renamed from auth."user" where name = 'Ada Lovelace'`);
  expect(rows).toEqual([{ renamed: 1 }]);
});

it("an admin renames the organization, an editor does not", async () => {
  const cookie = await signIn();
  const caller = callerOf(await actorOf(cookie));
  expect(await caller.accounts.renameOrganization({ name: "Analytical Engines" })).toEqual({
    id: organizationId,
    name: "Analytical Engines",
  });
  expect((await actorOf(cookie))?.organizationName).toBe("Analytical Engines");
  expect(await codeOf(test.as("editor", organizationId).accounts.renameOrganization({ name: "Mine" }))).toBe(
    "FORBIDDEN",
  );
});

it("a token changes neither the profile nor the password of who made it", async () => {
  const session = await signedIn();
  const { secret } = await session.tokens.create({ name: "ci", role: "admin" });
  const authenticated = await test.platform.accounts.authenticate({ cookie: undefined, token: secret });
  const token = callerOf(authenticated?.actor ?? null);
  expect(await codeOf(token.accounts.updateProfile({ name: "Eve" }))).toBe("SESSION_REQUIRED");
  expect(
    await codeOf(token.accounts.changePassword({ currentPassword: PASSWORD, newPassword: "a better horse" })),
  ).toBe("SESSION_REQUIRED");
});
