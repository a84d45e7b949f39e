import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { readEnvironment, renderEnvironmentDocs } from "./env.ts";

const KEY = "4f1c9a7e2b8d6053c1e8f7a6b5d4c3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6";

const faultsOf = (source: Record<string, string>): string => {
  try {
    readEnvironment(source);
    return "";
  } catch (error) {
    return error instanceof AppError && error.code === "CONFIGURATION_INVALID" ? error.message : String(error);
  }
};

describe("the environment", () => {
  it("may be empty", () => {
    expect(readEnvironment({})).toMatchObject({
      databaseUrl: null,
      secretKey: null,
      port: 5001,
      admin: null,
      publicUrl: null,
      allowPrivateNetworks: true,
      logLevel: "info",
    });
  });

  it("takes an empty variable for one that is not set", () => {
    expect(readEnvironment({ DATABASE_URL: " ", PORT: "" })).toMatchObject({ databaseUrl: null, port: 5001 });
  });

  it("names every fault at once and no value", () => {
    const faults = faultsOf({
      DATABASE_URL: "mysql://root:hunter22@db/x",
      PORT: "eighty",
      MILLRACE_ADMIN_EMAIL: "nobody",
      MILLRACE_ALLOW_PRIVATE_NETWORKS: "perhaps",
      LOG_LEVEL: "loud",
      MILLRACE_PUBLIC_URL: "millrace.example",
      MILLRACE_TRUSTED_PROXIES: "the proxy",
    });
    for (const name of [
      "DATABASE_URL",
      "PORT",
      "MILLRACE_ADMIN_EMAIL",
      "MILLRACE_ADMIN_PASSWORD",
      "MILLRACE_SECRET_KEY",
      "MILLRACE_ALLOW_PRIVATE_NETWORKS",
      "LOG_LEVEL",
      "MILLRACE_PUBLIC_URL",
      "MILLRACE_TRUSTED_PROXIES",
    ]) {
      expect(faults).toContain(name);
    }
    expect(faults).not.toMatch(/hunter22|eighty|loud|perhaps/);
  });

  // security.md S26
  it.each([
    ["missing", {}],
    ["short", { MILLRACE_SECRET_KEY: "abc123" }],
    ["one character over and over", { MILLRACE_SECRET_KEY: "a".repeat(64) }],
    ["a sample", { MILLRACE_SECRET_KEY: "please-changeme-please-changeme-please" }],
  ])("refuses a secret key that is %s when the database is somebody's own", (_label, key) => {
    expect(faultsOf({ DATABASE_URL: "postgres://db/millrace", ...key })).toContain("MILLRACE_SECRET_KEY");
  });

  it("keeps a password as it is, spaces included", () => {
    const password = " correct horse ";
    const { admin } = readEnvironment({ MILLRACE_ADMIN_EMAIL: "Ada@Example.org", MILLRACE_ADMIN_PASSWORD: password });
    expect(admin).toEqual({ email: "ada@example.org", password });
  });

  it("reads a database of one's own and its key", () => {
    expect(readEnvironment({ DATABASE_URL: "postgres://db/millrace", MILLRACE_SECRET_KEY: KEY })).toMatchObject({
      databaseUrl: "postgres://db/millrace",
      secretKey: KEY,
    });
  });

  it("is documented variable by variable", () => {
    const docs = renderEnvironmentDocs();
    expect(docs).toContain("| `PORT` | `5001` |");
    expect(docs.split("\n").filter((line) => line.startsWith("| `"))).toHaveLength(13);
  });
});
