import { describe, expect, it } from "vitest";
import { connectorFor, connectorForUrl, connectors } from "./registry.ts";

describe("the registry of connectors", () => {
  it("finds each connector by its type", () => {
    for (const connector of connectors) expect(connectorFor(connector.type)).toBe(connector);
  });

  it.each(["mysql", "sqlite", "duckdb", "files"] as const)("refuses %s and names what can be reached", (type) => {
    expect(() => connectorFor(type)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", hint: expect.stringContaining("PostgreSQL") }),
    );
  });

  it.each(["postgres://u@h/d", "postgresql://u@h/d", "POSTGRES://u@h/d"])("reads the scheme of %s", (url) => {
    expect(connectorForUrl(url).type).toBe("postgresql");
  });

  it.each([
    ["mysql://user:canary@host/db", "UNSUPPORTED"],
    ["constructor://canary", "UNSUPPORTED"],
    ["user:canary@host/db", "VALIDATION_FAILED"],
    ["canary", "VALIDATION_FAILED"],
    ["", "VALIDATION_FAILED"],
  ])("refuses %s without repeating it", (url, code) => {
    expect(() => connectorForUrl(url)).toThrow(expect.objectContaining({ code }));
    expect(() => connectorForUrl(url)).not.toThrow(/canary/);
  });
});
