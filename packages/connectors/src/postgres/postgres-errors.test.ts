import { inspect } from "node:util";
import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { testSessions } from "../testing/test-sessions.ts";
import { refusedFor, toConnectorError } from "./postgres-errors.ts";

const { open } = testSessions();

const serverError = (code: string, fields: Record<string, string> = {}): Error =>
  Object.assign(new Error("canary in the message"), {
    severity: "ERROR",
    code,
    detail: "canary in the detail",
    hint: "canary in the hint",
    ...fields,
  });

const errno = (code: string, syscall?: string): Error => Object.assign(new Error("canary"), { code, syscall });

const map = (error: unknown, side: "source" | "destination" = "destination", table?: string): AppError =>
  toConnectorError(error, { side, ...(table === undefined ? {} : { table }) });

describe("an error of a PostgreSQL server", () => {
  it.each([
    ["08000", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["08001", "CONNECTION_REFUSED", "CONNECTION_REFUSED"],
    ["08003", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["08004", "CONNECTION_REFUSED", "CONNECTION_REFUSED"],
    ["08006", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["09000", "SERVER_ERROR", "DESTINATION_REFUSED"],
    ["22001", "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"],
    ["22003", "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"],
    ["22007", "VALUE_INVALID", "VALUE_INVALID"],
    ["22008", "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"],
    ["22012", "SERVER_ERROR", "SERVER_ERROR"],
    ["22015", "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"],
    ["22018", "VALUE_INVALID", "VALUE_INVALID"],
    ["22021", "VALUE_INVALID", "VALUE_INVALID"],
    ["22026", "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"],
    ["22P02", "VALUE_INVALID", "VALUE_INVALID"],
    ["22P03", "VALUE_INVALID", "VALUE_INVALID"],
    ["22P05", "VALUE_INVALID", "VALUE_INVALID"],
    ["23502", "CONSTRAINT_VIOLATED", "CONSTRAINT_VIOLATED"],
    ["23503", "CONSTRAINT_VIOLATED", "CONSTRAINT_VIOLATED"],
    ["23505", "CONSTRAINT_VIOLATED", "CONSTRAINT_VIOLATED"],
    ["23514", "CONSTRAINT_VIOLATED", "CONSTRAINT_VIOLATED"],
    ["23P01", "CONSTRAINT_VIOLATED", "CONSTRAINT_VIOLATED"],
    ["25006", "READ_ONLY", "READ_ONLY"],
    ["25P03", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["28000", "AUTHENTICATION_FAILED", "AUTHENTICATION_FAILED"],
    ["28P01", "AUTHENTICATION_FAILED", "AUTHENTICATION_FAILED"],
    ["2BP01", "SERVER_ERROR", "DEPENDENT_OBJECTS"],
    ["3D000", "DATABASE_MISSING", "DATABASE_MISSING"],
    ["3F000", "SOURCE_TABLE_MISSING", "SERVER_ERROR"],
    ["40001", "STATEMENT_CONFLICT", "STATEMENT_CONFLICT"],
    ["40P01", "DEADLOCK", "DEADLOCK"],
    ["42501", "PRIVILEGE_MISSING", "PRIVILEGE_MISSING"],
    ["42703", "SOURCE_CHANGED", "SERVER_ERROR"],
    ["42P01", "SOURCE_TABLE_MISSING", "SERVER_ERROR"],
    ["44000", "SERVER_ERROR", "DESTINATION_REFUSED"],
    ["53100", "DISK_FULL", "DISK_FULL"],
    ["53300", "CONNECTION_LIMIT", "CONNECTION_LIMIT"],
    ["55P03", "LOCK_TIMEOUT", "LOCK_TIMEOUT"],
    ["57014", "STATEMENT_CANCELLED", "STATEMENT_CANCELLED"],
    ["57P01", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["57P02", "CONNECTION_LOST", "CONNECTION_LOST"],
    ["57P03", "CONNECTION_REFUSED", "CONNECTION_REFUSED"],
    ["P0001", "SERVER_ERROR", "DESTINATION_REFUSED"],
    ["P0002", "SERVER_ERROR", "DESTINATION_REFUSED"],
    ["P0004", "SERVER_ERROR", "DESTINATION_REFUSED"],
    ["XX000", "SERVER_ERROR", "SERVER_ERROR"],
    ["ABCDE", "SERVER_ERROR", "SERVER_ERROR"],
  ])("%s is %s of a source and %s of a destination, in a whole sentence", (sqlstate, ofSource, ofDestination) => {
    for (const [side, code] of [
      ["source", ofSource],
      ["destination", ofDestination],
    ] as const) {
      const error = map(serverError(sqlstate), side);
      expect(error).toMatchObject({ code, params: { side, sqlstate } });
      expect(`${error.message} ${error.hint}`).not.toMatch(/[{}]/);
    }
  });

  it("is told apart by the routine where the SQLSTATE is not enough", () => {
    expect(map(serverError("42501", { routine: "ExecWithCheckOptions" })).code).toBe("DESTINATION_REFUSED");
    expect(map(serverError("54000", { routine: "enlargeStringInfo" })).code).toBe("ROW_TOO_LARGE");
    for (const routine of ["MemoryContextSizeFailure", "palloc", "repalloc0"]) {
      expect(map(serverError("XX000", { routine })).code, routine).toBe("ROW_TOO_LARGE");
    }
    expect(map(serverError("54000", { routine: "_bt_check_third_page" })).code).toBe("SERVER_ERROR");
  });

  it("names what the server names in fields of their own, and the table as users know it", () => {
    const fields = { schema: "millrace", table: "staging_1", constraint: "orders_key", column: "id" };
    expect(map(serverError("23505", fields), "destination", "public.orders").params).toEqual({
      side: "destination",
      table: "public.orders",
      constraint: "orders_key",
      sqlstate: "23505",
    });
    expect(map(serverError("23505", fields)).params["table"]).toBe("millrace.staging_1");
    expect(map(serverError("23502", { column: "id" })).params["constraint"]).toBe("NOT NULL of id");
  });

  it.each([
    ['COPY orders, line 1, column total: "canary"', "total"],
    ['COPY orders, line 12, column total: "canary", column: "canary"', "total"],
    ["COPY orders, line 3, column total: null input", "total"],
    ["COPY orders, line 3, column total", "total"],
    ["COPY orders, line 3, column total\nPL/pgSQL function canary()", "total"],
    ['COPY orders, line 3: "canary"', "(not named)"],
    ['COPY orders, line 3: "canary, line 1, column canary"', "(not named)"],
    ["COPY orders, Zeile 3, Spalte total: »canary«", "(not named)"],
    ['JSON data, line 1: {"canary", line 1, column canary', "(not named)"],
  ])("takes from %j the column %s and nothing after it", (where, column) => {
    expect(map(serverError("22P02", { where })).params["column"]).toBe(column);
  });

  it("leaves every text of the server out, the cause's included", () => {
    const error = map(serverError("22P02", { where: 'COPY t, line 1, column c: "canary"', routine: "pg_strtoint32" }));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/canary/);
    expect(error.cause).toMatchObject({ code: "22P02", message: "SQLSTATE 22P02 in pg_strtoint32" });
  });
});

describe("an error of the driver or the network", () => {
  it.each([
    [errno("ECONNREFUSED", "connect"), "CONNECTION_REFUSED"],
    [errno("EHOSTUNREACH", "connect"), "CONNECTION_REFUSED"],
    [errno("ENETUNREACH", "connect"), "CONNECTION_REFUSED"],
    [errno("ETIMEDOUT", "connect"), "CONNECTION_TIMEOUT"],
    [errno("ETIMEDOUT", "read"), "CONNECTION_LOST"],
    [errno("ECONNRESET", "read"), "CONNECTION_LOST"],
    [errno("EPIPE", "write"), "CONNECTION_LOST"],
    [errno("ERR_STREAM_PREMATURE_CLOSE"), "CONNECTION_LOST"],
    [errno("ENOTFOUND", "getaddrinfo"), "HOST_NOT_FOUND"],
    [errno("DEPTH_ZERO_SELF_SIGNED_CERT"), "TLS_FAILED"],
    [errno("CERT_HAS_EXPIRED"), "TLS_FAILED"],
    [errno("ERR_TLS_CERT_ALTNAME_INVALID"), "TLS_FAILED"],
    [errno("ERR_SSL_WRONG_VERSION_NUMBER"), "TLS_FAILED"],
    [new Error("Connection terminated unexpectedly"), "CONNECTION_LOST"],
    [new Error("Client has encountered a connection error and is not queryable"), "CONNECTION_LOST"],
    [new Error("Client was closed and is not queryable"), "CONNECTION_LOST"],
    [new Error("The server does not support SSL connections"), "TLS_FAILED"],
    [new Error("SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match"), "AUTHENTICATION_FAILED"],
    [new Error("Unknown authenticationOk message type 7"), "AUTHENTICATION_FAILED"],
    [new TypeError("a fault of ours"), "INTERNAL"],
    ["not even an error", "INTERNAL"],
  ])("%s is %s", (error, code) => {
    expect(map(error, "source")).toMatchObject({ code, params: { side: "source" }, cause: error });
  });

  it("stays what it is when it is of the table already", () => {
    const error = new AppError("FENCE_STALE");
    expect(map(error)).toBe(error);
  });
});

describe("what is refused for what a row holds", () => {
  it.each([
    ["22003", undefined, true],
    ["23505", "_bt_check_unique", true],
    ["P0001", "exec_stmt_raise", true],
    ["P0003", "exec_stmt_execsql", true],
    ["P0004", "exec_stmt_assert", true],
    ["09000", "check_primary_key", true],
    ["45000", "exec_stmt_raise", true],
    ["QQ001", "exec_stmt_raise", true],
    // Of an extension's own, or passed on by RAISE.
    ["QQ001", "extension_routine", false],
    ["P0000", "plpgsql_compile", false],
    ["40001", "exec_stmt_raise", false],
    ["42501", "exec_stmt_raise", false],
    ["53100", "exec_stmt_raise", false],
    ["57014", "ProcessInterrupts", false],
  ])("%s, raised in %s: %s, and never at the source", (code, routine, expected) => {
    const error = serverError(code, routine === undefined ? {} : { routine });
    expect(refusedFor(map(error)) !== null).toBe(expected);
    expect(refusedFor(map(error, "source"))).toBeNull();
  });
});

// S15 of the security rules: on a server of its own texts, since it is the server that quotes the values.
describe("a refusal of a real server", () => {
  it.each([
    ["insert into strict values ('canary', 1, 1)", "CONSTRAINT_VIOLATED", { constraint: "strict_pkey" }],
    ["insert into strict values (null, 1, 1)", "CONSTRAINT_VIOLATED", { table: "public.strict" }],
    ["insert into strict values ('canary2', 1, 7777777)", "CONSTRAINT_VIOLATED", { constraint: "small_enough" }],
    ["insert into strict values ('canary2', 424242, 1)", "VALUE_OUT_OF_RANGE", {}],
    ["insert into strict values ('canary-that-is-too-long', 1, 1)", "VALUE_OUT_OF_RANGE", {}],
    ["insert into strict values ('x', 'canary', 1)", "VALUE_INVALID", {}],
    ["select 'canary'::timestamptz", "VALUE_INVALID", {}],
    ["select '{\"canary\": '::json", "VALUE_INVALID", {}],
    ["select 'canary'::no_such_type", "SERVER_ERROR", { sqlstate: "42704" }],
    ["select canary from strict", "SERVER_ERROR", { sqlstate: "42703" }],
    ["do $$ begin raise exception 'canary'; end $$", "DESTINATION_REFUSED", {}],
    [
      "do $$ begin raise exception 'canary' using errcode = 'QQ001'; end $$",
      "DESTINATION_REFUSED",
      { sqlstate: "QQ001" },
    ],
    ["select 424242 / 0", "SERVER_ERROR", { sqlstate: "22012" }],
  ])("of %s is %s without a value", async (statement, code, params) => {
    const session = await open({}, { side: "destination" });
    await session.query(`
      create table if not exists strict (name varchar(10) primary key, small int2, total int check (true));
      alter table strict drop constraint if exists small_enough;
      alter table strict add constraint small_enough check (total < 1000);
      insert into strict values ('canary', 1, 1) on conflict do nothing`);
    const failure = await session.query(statement).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, params: { side: "destination", ...params } });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toMatch(/canary|424242|7777777/);
  });

  it("names the missing privilege's table where the caller knows it", async () => {
    const session = await open();
    await session.query("create table if not exists closed (id int); create role reader_of_nothing");
    try {
      await session.query("set role reader_of_nothing");
      const failure = await session.client.query("select * from closed").catch((error: unknown) => error);
      expect(session.toError(failure, "public.closed")).toMatchObject({
        code: "PRIVILEGE_MISSING",
        params: { side: "source", object: "public.closed" },
      });
    } finally {
      await session.query("reset role; drop role reader_of_nothing");
    }
  });
});
