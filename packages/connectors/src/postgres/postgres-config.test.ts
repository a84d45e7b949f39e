import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { TEST_CA } from "../testing/certificates.ts";
import { parsePostgresUrl, PostgresConfig } from "./postgres-config.ts";

const valid = { host: "db.example", database: "shop", username: "ann" };

const issuesOf = (input: unknown): string[] =>
  PostgresConfig.safeParse(input).error?.issues.map(({ path, message }) => [...path, message].join(": ")) ?? [];

describe("a PostgreSQL configuration", () => {
  it("fills in the port and the TLS mode", () => {
    expect(PostgresConfig.parse(valid)).toEqual({ ...valid, port: 5432, sslmode: "prefer" });
  });

  it("says of each field what is wrong with it", () => {
    expect(issuesOf({})).toEqual(["host: is required", "database: is required", "username: is required"]);
    expect(issuesOf({ ...valid, port: 0 })).toEqual(["port: must be between 1 and 65535"]);
    expect(issuesOf({ ...valid, sslmode: "allow" })).toEqual([
      "sslmode: must be one of disable, prefer, require, verify-full",
    ]);
    expect(issuesOf({ ...valid, ssl_root_cert: "x", foo: 1 })).toEqual([
      "ssl_root_cert, foo: not known for PostgreSQL",
    ]);
  });

  it.each(["/var/run/postgresql", "/etc/passwd", "@abstract", "a,b", "a b", "file:///etc/passwd", "host\0"])(
    "refuses the host %j",
    (host) => expect(issuesOf({ ...valid, host })).toEqual(["host: must be one host name or address"]),
  );

  // S4 of the security rules.
  it.each(["/etc/passwd", "file:///etc/passwd", "system", "", "-----BEGIN PRIVATE KEY-----"])(
    "refuses %j as a certificate",
    (sslRootCert) =>
      expect(issuesOf({ ...valid, sslmode: "verify-full", sslRootCert })).toEqual([
        "sslRootCert: must be the contents of a PEM certificate, not a path",
      ]),
  );

  it("takes a certificate only where it is checked", () => {
    expect(issuesOf({ ...valid, sslmode: "verify-full", sslRootCert: TEST_CA })).toEqual([]);
    expect(issuesOf({ ...valid, sslmode: "require", sslRootCert: TEST_CA })).toEqual([
      "sslRootCert: is checked only with sslmode verify-full",
    ]);
  });
});

describe("a PostgreSQL URL", () => {
  it.each([
    ["postgres://ann:secret@db.example/shop", { ...valid, password: "secret" }],
    ["postgresql://ann@db.example:6543/shop?sslmode=require", { ...valid, port: 6543, sslmode: "require" }],
    ["postgres://a%40b:p%3A%2F%3F%23%25@h/d%20b", { host: "h", database: "d b", username: "a@b", password: "p:/?#%" }],
    ["postgres://ann@[::1]:5433/shop", { ...valid, host: "::1", port: 5433 }],
    ["postgres://%C3%A4@h/%22q%22", { host: "h", database: '"q"', username: "ä" }],
  ])("reads %s", (url, expected) => {
    expect(parsePostgresUrl(url)).toEqual({ port: 5432, sslmode: "prefer", ...expected });
  });

  it.each([
    ["postgres://u:canary@h/d?sslrootcert=/etc/passwd", "The option sslrootcert cannot be set in the URL"],
    ["postgres://u:canary@h/d?host=/tmp", "The option host cannot be set in the URL"],
    ["postgres://u:canary@h/d?options=-c%20x", "The option options cannot be set in the URL"],
    ["postgres://u:1?canary@h/d", "An option of that name cannot be set in the URL"],
    ["postgres://u:can#canary@h/d", undefined],
    ["postgres://u:canary%zz@h/d", "password: has a % that starts no escape; write it as %25"],
    ["postgres://u:canary@h", "database: is required"],
    ["postgres://:canary@h/d", "username: is required"],
    ["postgres://u:canary@/d", undefined],
    ["postgres:u:canary@h/d", undefined],
    ["postgres://u:canary@%2Ftmp/d", undefined],
    ["postgres://u:canary@a,b/d", "host: must be one host name or address"],
    ["postgres://u:canary@h:99999/d", undefined],
    ["https://u:canary@h/d", undefined],
    ["canary", undefined],
  ])("refuses %s and repeats none of it", (url, issue) => {
    const refusal = refusalOf(url);
    expect(refusal.code).toBe("VALIDATION_FAILED");
    if (issue !== undefined) expect(refusal.message).toBe(issue);
    // Node's own error for a URL that it cannot read holds the URL.
    expect(refusal.cause).toBeUndefined();
    expect(JSON.stringify(refusal.toSummary())).not.toMatch(/canary/);
  });
});

function refusalOf(url: string): AppError {
  try {
    parsePostgresUrl(url);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new TypeError("was not refused");
}
