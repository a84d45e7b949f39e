import { describe, expect, it } from "vitest";
import { connectionConfig } from "./connection-config.ts";

describe("a connection's configuration", () => {
  it("is one flat object of the options and the fields that are set", () => {
    const fields = { host: "db", port: null, database: "shop", username: undefined, options: { sslmode: "require" } };
    expect(connectionConfig(fields, "secret")).toEqual({
      host: "db",
      database: "shop",
      sslmode: "require",
      password: "secret",
    });
    expect(connectionConfig({ host: "db" }, null)).toEqual({ host: "db" });
  });

  it.each(["host", "port", "database", "username", "password"])("refuses %s among the options", (key) => {
    const attempt = () => connectionConfig({ host: null, options: { [key]: "canary" } }, null);
    expect(attempt).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    expect(attempt).not.toThrow(/canary/);
  });
});
