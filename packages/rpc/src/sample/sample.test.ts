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

it("is not offered where there is no server to make it in, and refused there", async () => {
  const caller = test.as("owner", organizationId);
  expect(await caller.sample.state()).toEqual({ isOffered: false, isLoading: false });
  expect((await refusal(caller.sample.load())).code).toBe("UNSUPPORTED");
});

it("is refused to an organization to which it is not offered", async () => {
  let isAsked = false;
  const caller = admin({
    stateFor: () => ({ isOffered: false, isLoading: false }),
    load: () => {
      isAsked = true;
      return Promise.reject(new TypeError("asked"));
    },
  });
  expect((await refusal(caller.sample.load())).code).toBe("UNSUPPORTED");
  expect(isAsked).toBe(false);
});

it("is made for who asks, in their organization", async () => {
  const asked: Actor[] = [];
  const loaded = { pipelineId: newId(), runId: newId() };
  const caller = admin({
    stateFor: () => ({ isOffered: true, isLoading: false }),
    load: async (_platform, actor) => {
      asked.push(actor);
      return loaded;
    },
  });
  expect(await caller.sample.load()).toEqual(loaded);
  expect(asked).toMatchObject([{ organizationId, role: "admin" }]);
});
