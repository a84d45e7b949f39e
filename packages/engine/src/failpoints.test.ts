import { afterEach, describe, expect, it } from "vitest";
import { armFailpoints, failpoint } from "./failpoints.ts";

describe("failpoints", () => {
  afterEach(() => armFailpoints(undefined));

  it("do nothing unless they are switched on", () => {
    expect(failpoint("during-swap")).toBeUndefined();
    armFailpoints("after-chunk-commit=error");
    expect(failpoint("during-swap")).toBeUndefined();
  });

  it("go off once, at the hit that was asked for", async () => {
    armFailpoints("during-swap=error@3, before-publish=error");
    expect(failpoint("during-swap")).toBeUndefined();
    await expect(failpoint("before-publish")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(failpoint("during-swap")).toBeUndefined();
    await expect(failpoint("during-swap")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(failpoint("during-swap")).toBeUndefined();
  });

  it("can stand still", async () => {
    armFailpoints("during-swap=hang");
    const hung = failpoint("during-swap")?.then(() => "went on");
    expect(await Promise.race([hung, Promise.resolve("stands still")])).toBe("stands still");
  });

  it.each(["during-swap", "nowhere=kill", "during-swap=explode", "during-swap=kill@0", ""])("%s is refused", (spec) => {
    expect(() => armFailpoints(spec)).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
  });
});
