import { ROLES } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { appRouter } from "./router.ts";
import type { ProcedureMeta } from "./trpc.ts";

interface Definition {
  readonly type: "query" | "mutation" | "subscription";
  readonly meta?: ProcedureMeta;
  readonly output?: unknown;
}

const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: Definition }>).map(
  ([path, { _def }]) => [path, _def] as const,
);

describe("the router", () => {
  it.each(procedures)("has a role, an effect and an output for %s", (_path, { meta, output }) => {
    expect([...ROLES, "public"]).toContain(meta?.role);
    expect(["read", "write"]).toContain(meta?.effect);
    expect(output).toBeDefined();
  });

  it.each(procedures.filter(([, { meta }]) => meta?.effect === "write"))(
    "reaches %s only by a mutation",
    (_path, { type }) => {
      expect(type).toBe("mutation");
    },
  );

  it("lets the public call only this", () => {
    const open = procedures.filter(([, { meta }]) => meta?.role === "public").map(([path]) => path);
    expect(open).toEqual(["accounts.setUpState", "accounts.setUp"]);
  });

  it("asks of each procedure the role that is written down here", () => {
    expect(Object.fromEntries(procedures.map(([path, { meta }]) => [path, meta?.role]))).toEqual({
      "accounts.me": "viewer",
      "accounts.updateProfile": "viewer",
      "accounts.changePassword": "viewer",
      "accounts.renameOrganization": "admin",
      "accounts.setUpState": "public",
      "accounts.setUp": "public",
      "tokens.list": "viewer",
      "tokens.create": "viewer",
      "tokens.revoke": "viewer",
      "pipelines.list": "viewer",
      "pipelines.get": "viewer",
      "pipelines.create": "editor",
      "pipelines.update": "editor",
      "pipelines.delete": "editor",
      "pipelines.trigger": "operator",
      "pipelines.acceptSchema": "editor",
      "pipelines.backfill": "operator",
      "pipelines.previewRows": "editor",
      "pipelines.counts": "viewer",
      "pipelines.triggerMany": "operator",
      "pipelines.switchMany": "editor",
      "pipelines.deleteMany": "editor",
      "pipelines.deletePreview": "editor",
      "pipelines.history": "viewer",
      "pipelines.onChange": "viewer",
      "pipelines.verify": "operator",
      "pipelines.repair": "editor",
      "pipelines.position": "editor",
      "pipelines.plan": "editor",
      "pipelines.planChanges": "editor",
      "pipelines.preflight": "editor",
      "pipelines.suggest": "editor",
      "runs.list": "viewer",
      "runs.counts": "viewer",
      "runs.get": "viewer",
      "runs.cancel": "operator",
      "runs.retry": "operator",
      "runs.verification": "viewer",
      "runs.undo": "editor",
      "runs.cursor": "editor",
      "runs.undoPreview": "editor",
      "runs.log": "viewer",
      "quarantine.list": "viewer",
      "quarantine.summary": "viewer",
      "quarantine.get": "editor",
      "quarantine.replay": "editor",
      "quarantine.discard": "editor",
      "runs.logMatches": "viewer",
      "runs.onChange": "viewer",
      "runs.onProgress": "viewer",
      "sources.list": "editor",
      "sources.get": "editor",
      "sources.connectors": "editor",
      "sources.create": "admin",
      "sources.testDraft": "admin",
      "sources.update": "admin",
      "sources.delete": "admin",
      "sources.test": "editor",
      "sources.tables": "editor",
      "sources.columns": "editor",
      "sources.parseUrl": "admin",
      "sources.previewRows": "editor",
      "sample.state": "admin",
      "sample.load": "admin",
      "schedules.preview": "viewer",
      "audit.list": "admin",
    });
  });
});
