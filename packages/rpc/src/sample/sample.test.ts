import { newId } from "@millrace/shared";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Actor, SampleLoader } from "../context.ts";
import { createCaller } from "../router.ts";
import { refusal } from "../testing/codes.ts";
import { type TestPlatform, testPlatform } from "../testing/test-platform.ts";

let test: TestPlatform;
const organizationId = newId();
beforeAll(async () => {
  test = await testPlatform();
});
afterAll(() => test.close());

const admin = (sample: SampleLoader) =>
  createCaller({
    platform: { ...test.platform, sample },
    actor: {
      userId: newId(),
      email: "ada@example.org",
      name: "Ada",
      organizationId,
      organizationName: "Engines",
      role: "admin",
      via: "session",
      credentialId: newId(),
    },
    door: "trpc",
  });

const offered = { isOffered: true, isLoading: false, loaded: null, failure: null };

it("is not offered where there is no server to make it in, and refused there", async () => {
  const caller = test.as("owner", organizationId);
  expect((await caller.sample.state()).isOffered).toBe(false);
  expect((await refusal(caller.sample.load())).code).toBe("UNSUPPORTED");
});

it("is refused to an organization to which it is not offered", async () => {
  const asked: Actor[] = [];
  const caller = admin({
    stateFor: () => ({ ...offered, isOffered: false }),
    start: (_platform, actor) => void asked.push(actor),
  });
  expect((await refusal(caller.sample.load())).code).toBe("UNSUPPORTED");
  expect(asked).toEqual([]);
});

it("is made for who asks, in their organization, and the answer tells that it is under way", async () => {
  const asked: Actor[] = [];
  const caller = admin({
    stateFor: () => ({ ...offered, isLoading: asked.length > 0 }),
    start: (_platform, actor) => void asked.push(actor),
  });
  expect((await caller.sample.state()).isLoading).toBe(false);
  expect((await caller.sample.load()).isLoading).toBe(true);
  expect(asked).toMatchObject([{ organizationId, role: "admin" }]);
});
