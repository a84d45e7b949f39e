import type { ConnectorSummary } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { connectionOf, faultsOf, fieldOfPath, valuesOf, withPastedUrl } from "./form-values.ts";

const connector: ConnectorSummary = {
  type: "postgresql",
  title: "PostgreSQL",
  defaultPort: 5432,
  capabilities: {
    canRead: true,
    canWrite: true,
    hasDigest: true,
    canMap: true,
    canMerge: true,
    canKeepHistory: true,
    canCapture: false,
  },
  exampleUrl: "postgres://u@h/d",
  guide: { identifierQuote: '"', parts: [] },
  form: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    required: ["host", "database", "username"],
    additionalProperties: false,
    properties: {
      host: { type: "string", title: "Host", maxLength: 20 },
      port: { type: "integer", title: "Port", minimum: 1, maximum: 65_535, default: 5432 },
      database: { type: "string", title: "Database" },
      username: { type: "string", title: "User" },
      password: { type: "string", title: "Password", isSecret: true },
      sslmode: { type: "string", title: "TLS mode", enum: ["prefer", "verify-full"], default: "prefer" },
      sslRootCert: { type: "string", title: "CA", shownWhen: { field: "sslmode", is: "verify-full" } },
    },
  },
};

const stored = {
  name: "Shop",
  host: "db",
  port: null,
  database: "shop",
  username: "ann",
  hasPassword: true,
  options: {},
};

describe("the form of a new data source", () => {
  it("begins with the defaults, and sends them", () => {
    const values = valuesOf(connector, null);
    expect(values.config).toMatchObject({ host: "", port: "5432", sslmode: "prefer", password: "" });
    const filled = { ...values, config: { ...values.config, host: " db ", password: " a b " } };
    expect(connectionOf(connector, filled, null)).toEqual({
      host: "db",
      port: 5432,
      database: null,
      username: null,
      password: " a b ",
      options: { sslmode: "prefer" },
    });
  });

  it("leaves out what is not shown beside the other values", () => {
    const { config, ...rest } = valuesOf(connector, null);
    const values = (sslmode: string) => ({ ...rest, config: { ...config, sslmode, sslRootCert: "pem" } });
    expect(connectionOf(connector, values("prefer"), null).options).toEqual({ sslmode: "prefer" });
    expect(connectionOf(connector, values("verify-full"), null).options).toEqual({
      sslmode: "verify-full",
      sslRootCert: "pem",
    });
  });

  it("says what is missing and what is no number in range", () => {
    const { config, ...rest } = valuesOf(connector, null);
    const faults = (changes: object) =>
      Object.fromEntries(faultsOf(connector, { ...rest, config: { ...config, ...changes } }));
    expect(faults({})).toEqual({ host: "is required", database: "is required", username: "is required" });
    const filled = { host: "h", database: "d", username: "u" };
    expect(faults({ ...filled, port: "0" })).toEqual({ port: "must be between 1 and 65535" });
    expect(faults({ ...filled, port: "x" })).toEqual({ port: "must be a whole number" });
    expect(faults({ ...filled, host: "h".repeat(21) })).toEqual({ host: "is too long" });
    expect(faults(filled)).toEqual({});
  });
});

describe("the form of a data source that there is", () => {
  it("changes nothing when nothing was typed, so that the stored password may stay", () => {
    expect(connectionOf(connector, valuesOf(connector, stored), stored)).toEqual({
      host: "db",
      port: null,
      database: "shop",
      username: "ann",
      options: {},
    });
    const explicit = { ...stored, port: 5432, options: { sslmode: "prefer" } };
    expect(connectionOf(connector, valuesOf(connector, explicit), explicit)).toMatchObject({
      port: 5432,
      options: { sslmode: "prefer" },
    });
  });

  it("sends a new password, or takes the stored one away", () => {
    const values = valuesOf(connector, stored);
    const typed = { ...values, config: { ...values.config, password: "new" } };
    expect(connectionOf(connector, typed, stored).password).toBe("new");
    expect(connectionOf(connector, { ...values, isPasswordRemoved: true }, stored).password).toBeNull();
    expect(connectionOf(connector, values, { ...stored, hasPassword: false }).password).toBeNull();
  });
});

it("a pasted URL fills every field, and sets back what it does not say", () => {
  const values = { ...valuesOf(connector, stored), name: "Kept" };
  const parsed = { ...stored, host: "new", port: 6432, options: { sslmode: "verify-full" } };
  expect(withPastedUrl(connector, values, parsed, "secret")).toEqual({
    name: "Kept",
    isPasswordRemoved: false,
    config: {
      host: "new",
      port: "6432",
      database: "shop",
      username: "ann",
      password: "secret",
      sslmode: "verify-full",
      sslRootCert: "",
    },
  });
});

it("a fault of the server's finds its field", () => {
  expect(fieldOfPath(connector, "name")).toBe("name");
  expect(fieldOfPath(connector, "options.sslmode")).toBe("config.sslmode");
  expect(fieldOfPath(connector, "host")).toBe("config.host");
  expect(fieldOfPath(connector, "cursor")).toBeNull();
});
