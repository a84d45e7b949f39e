import type { Side } from "@millrace/engine";
import { AppError, type ErrorCode, type ErrorParams, ERRORS, formatTableName } from "@millrace/shared";
import { NETWORK_CODES, TLS_CODES } from "./postgres-network-errors.ts";

export interface ErrorContext {
  readonly side: Side;
  /** The table that the work was about, as users know it: the server names its staging table. */
  readonly table?: string;
  /** Who was seen to hold the lock that a statement waited for, as a sentence begins. */
  readonly lockedBy?: string;
}

/** The fields of a server's error that are names. `message`, `detail`, `hint` and `where` can hold values of rows. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly routine?: string;
  readonly where?: string;
}

/** What a sentence says in place of a name that the server does not give. */
const UNNAMED = "(not named)";

type Mapped = ErrorCode | Readonly<Record<Side, ErrorCode>>;

/** By SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATES: ReadonlyMap<string, Mapped> = new Map<string, Mapped>([
  ["08000", "CONNECTION_LOST"],
  ["08001", "CONNECTION_REFUSED"],
  ["08003", "CONNECTION_LOST"],
  ["08004", "CONNECTION_REFUSED"],
  ["08006", "CONNECTION_LOST"],
  ["57P03", "CONNECTION_REFUSED"], // starting up, shutting down, in recovery
  ["57P01", "CONNECTION_LOST"], // shut down, or ended by an administrator
  ["57P02", "CONNECTION_LOST"], // another process of the server crashed
  ["57P05", "CONNECTION_LOST"], // idle for too long
  ["25P03", "CONNECTION_LOST"], // idle in a transaction for too long
  ["25P04", "CONNECTION_LOST"], // a transaction for too long
  ["53300", "CONNECTION_LIMIT"],
  ["28000", "AUTHENTICATION_FAILED"],
  ["28P01", "AUTHENTICATION_FAILED"],
  ["3D000", "DATABASE_MISSING"],
  ["57P04", "DATABASE_MISSING"], // dropped meanwhile
  ["42501", "PRIVILEGE_MISSING"],
  ["42P01", { source: "SOURCE_TABLE_MISSING", destination: "SERVER_ERROR" }],
  ["3F000", { source: "SOURCE_TABLE_MISSING", destination: "SERVER_ERROR" }],
  ["42703", { source: "SOURCE_CHANGED", destination: "SERVER_ERROR" }],
  ["2BP01", { source: "SERVER_ERROR", destination: "DEPENDENT_OBJECTS" }],
  ["23000", "CONSTRAINT_VIOLATED"],
  ["23001", "CONSTRAINT_VIOLATED"],
  ["23502", "CONSTRAINT_VIOLATED"],
  ["23503", "CONSTRAINT_VIOLATED"],
  ["23505", "CONSTRAINT_VIOLATED"],
  ["23514", "CONSTRAINT_VIOLATED"],
  ["23P01", "CONSTRAINT_VIOLATED"],
  ["22001", "VALUE_OUT_OF_RANGE"],
  ["22003", "VALUE_OUT_OF_RANGE"],
  ["22008", "VALUE_OUT_OF_RANGE"],
  ["22015", "VALUE_OUT_OF_RANGE"],
  ["22026", "VALUE_OUT_OF_RANGE"],
  ["22007", "VALUE_INVALID"],
  ["22018", "VALUE_INVALID"],
  ["22021", "VALUE_INVALID"],
  ["22030", "VALUE_INVALID"],
  ["22032", "VALUE_INVALID"],
  ["22P02", "VALUE_INVALID"],
  ["22P03", "VALUE_INVALID"],
  ["22P04", "VALUE_INVALID"],
  ["22P05", "VALUE_INVALID"],
  ["2200M", "VALUE_INVALID"],
  ["2200N", "VALUE_INVALID"],
  ["27000", { source: "SERVER_ERROR", destination: "DESTINATION_REFUSED" }],
  ["44000", { source: "SERVER_ERROR", destination: "DESTINATION_REFUSED" }],
  ["55P03", "LOCK_TIMEOUT"],
  ["40P01", "DEADLOCK"],
  ["40001", "STATEMENT_CONFLICT"], // on a replica: a conflict with recovery
  ["72000", "STATEMENT_CONFLICT"], // the snapshot is too old
  ["57014", "STATEMENT_CANCELLED"],
  ["53100", "DISK_FULL"],
  ["25006", "READ_ONLY"],
]);

/**
 * What raises "invalid memory alloc request size": a value whose text would be larger than 1 GB. `mmgr/mcxt.c`, which has one
 * routine for it since PostgreSQL 17.
 */
const TOO_MUCH_MEMORY = /^(?:MemoryContextSizeFailure|MemoryContextAlloc\w*|palloc\w*|repalloc\w*)$/;

/**
 * What only a function of the database raises: RAISE without a code (P0001), a row that SELECT … INTO STRICT did not find or found
 * more than once (P0002, P0003), ASSERT (P0004), and what the server's own module `refint` says of a key that is not there (09000).
 */
const REASONS_OF_FUNCTIONS: ReadonlySet<string> = new Set(["P0001", "P0002", "P0003", "P0004", "09000"]);

/** The classes of all codes that the server raises by itself. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CLASSES_OF_THE_SERVER: ReadonlySet<string> = new Set(
  "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX".split(
    " ",
  ),
);

/**
 * Whether a function of the database, a trigger as a rule, has refused what it was given for a reason of its own. A code that its
 * author has made up counts where RAISE itself has raised it (`exec_stmt_raise` in `pl_exec.c`) and no class of the server's has
 * it: whoever catches an error of the server may raise it again under its code, and extensions have codes for their troubles.
 */
const isReasonOfFunction = ({ code, routine }: ServerError): boolean =>
  REASONS_OF_FUNCTIONS.has(code) || (routine === "exec_stmt_raise" && !CLASSES_OF_THE_SERVER.has(code.slice(0, 2)));

/** Refusals that share their SQLSTATE with others are known by the server's routine that raised them. */
function codeOf(error: ServerError, side: Side): ErrorCode {
  const { code, routine } = error;
  if (side === "destination" && isReasonOfFunction(error)) return "DESTINATION_REFUSED";
  if (code === "42501" && routine === "ExecWithCheckOptions") return "DESTINATION_REFUSED";
  // COPY FROM does not work at all where row policies apply to the user.
  if (code === "0A000" && routine === "DoCopy" && side === "destination") return "DESTINATION_REFUSED";
  if (code === "54000" && routine?.startsWith("enlargeStringInfo")) return "ROW_TOO_LARGE";
  if (code === "XX000" && TOO_MUCH_MEMORY.test(routine ?? "")) return "ROW_TOO_LARGE";
  const mapped = SQLSTATES.get(code) ?? "SERVER_ERROR";
  return typeof mapped === "string" ? mapped : mapped[side];
}

/** What the server says of rows that it refuses for what they hold. All of it are names. */
export interface Refused {
  readonly sqlstate: string;
  readonly column: string | null;
  readonly constraint: string | null;
}

/**
 * By SQLSTATE: the classes 22 (what a value may be) and 23 (constraints), and whatever a trigger or another function of the
 * destination refuses for a reason of its own: P0001 to P0004, 09000, and codes that its author has made up, where RAISE has
 * raised them and the server has none of that class. A trigger that raises 40001, 42501 or 57014 speaks of something else than
 * the row. Null for any other error, and for those of the source.
 */
export function refusedFor(error: unknown): Refused | null {
  const cause = error instanceof AppError && error.params["side"] === "destination" ? error.cause : null;
  if (!(cause instanceof ServerCause) || !(cause.isReasonOfFunction || /^2[23]/.test(cause.code))) return null;
  return { sqlstate: cause.code, column: cause.column, constraint: cause.constraint };
}

/**
 * Which row of a COPY into `table` was refused for what it holds itself, 0 being the first; undefined where that is not known. COPY
 * counts rows as it takes them, and looks at a value, NOT NULL, a CHECK and the way to a partition row by row. What a function
 * has raised stands behind the function's own lines; that, and a key, may hang on other rows.
 */
export function copiedRow(error: unknown, table: string): number | undefined {
  const cause = error instanceof AppError ? error.cause : null;
  if (!(cause instanceof ServerCause) || !/^(?:22...|23502|23514)$/.test(cause.code)) return undefined;
  return cause.copyLine?.table === table ? cause.copyLine.number - 1 : undefined;
}

/**
 * What a driver or a socket throws, as an error of the table. Its parameters are names that the server gives in fields of
 * their own; texts of the server are dropped everywhere, the cause included, since they quote values.
 */
export function toConnectorError(error: unknown, context: ErrorContext): AppError {
  if (error instanceof AppError) return context.table === undefined ? error : named(error, context.table);
  const { side } = context;
  if (isServerError(error)) {
    const code = codeOf(error, side);
    const params = { side, ...namesFor(code, namesOf(error, context)), sqlstate: error.code };
    return new AppError(code, { params, cause: new ServerCause(error) });
  }
  return new AppError(driverCode(error), { params: { side }, cause: error });
}

/** An error that was made where the table was not known, with its name put in. */
function named(error: AppError, table: string): AppError {
  const isUnnamed = (["table", "object"] as const).some((param) => error.params[param] === UNNAMED);
  if (!isUnnamed) return error;
  const params = Object.entries(error.params).map(([name, value]) => [
    name,
    value === UNNAMED && (name === "table" || name === "object") ? table : value,
  ]);
  return new AppError(error.code, { params: Object.fromEntries(params) as ErrorParams, cause: error.cause });
}

/** The names that the sentence or the hint of the code speaks of. */
function namesFor(code: ErrorCode, names: ErrorParams): ErrorParams {
  const { title, hint } = ERRORS[code];
  return Object.fromEntries(Object.entries(names).filter(([name]) => `${title} ${hint}`.includes(`{${name}}`)));
}

function namesOf(error: ServerError, { table: known, lockedBy = "Another session" }: ErrorContext): ErrorParams {
  const { schema, table: name, constraint, dataType } = error;
  const table = known ?? (name ? formatTableName({ schema: schema ?? "public", name }) : UNNAMED);
  const column = error.column ?? copyColumn(error.where) ?? UNNAMED;
  const rule = constraint ?? (error.column ? `NOT NULL of ${error.column}` : (dataType ?? UNNAMED));
  return { table, column, constraint: rule, object: table, dependents: "another object", holder: lockedBy };
}

/**
 * The column that COPY was at: the server has no field for it, only `COPY t, line 1, column c: "value"`. What is taken ends
 * before the first colon and so before any value.
 */
function copyColumn(where: string | undefined): string | undefined {
  return /^COPY [^:\n]*, line \d+, column ([^:\n]+)(?::|$|\n)/.exec(where ?? "")?.[1];
}

/**
 * The line that COPY was at, which for any format is a row, and the table as COPY calls it: `COPY t, line 7`. In whatever language
 * the server speaks; what is taken ends before any value.
 */
function copyLine(where: string | undefined): { table: string; number: number } | null {
  const [, table, number] = /^COPY (.+?), [^\d,:\n]+ (\d+)(?:[,:\n]|$)/.exec(where ?? "") ?? [];
  return table === undefined ? null : { table, number: Number(number) };
}

function isServerError(error: unknown): error is ServerError {
  if (!(error instanceof Error && "severity" in error && "code" in error)) return false;
  return typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code);
}

/** For the log: which error it was and where it came out, without a word of the server's. */
class ServerCause extends Error {
  readonly code: string;
  readonly column: string | null;
  readonly constraint: string | null;
  readonly copyLine: { readonly table: string; readonly number: number } | null;
  readonly isReasonOfFunction: boolean;

  constructor(error: ServerError) {
    const { code, routine, stack, column, where, constraint } = error;
    super(`SQLSTATE ${code}${routine ? ` in ${routine}` : ""}`);
    this.code = code;
    this.column = column ?? copyColumn(where) ?? null;
    this.constraint = constraint ?? null;
    this.copyLine = copyLine(where);
    this.isReasonOfFunction = isReasonOfFunction(error);
    const frames = (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
    this.stack = [`Error: ${this.message}`, ...frames].join("\n");
  }
}

function driverCode(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return "INTERNAL";
  const { code, syscall } = error as NodeJS.ErrnoException;
  // A connection that stood and whose peer fell silent, and one that never came about, share an errno.
  if (code === "ETIMEDOUT") return syscall === "connect" ? "CONNECTION_TIMEOUT" : "CONNECTION_LOST";
  const network = code === undefined ? undefined : NETWORK_CODES.get(code);
  if (network) return network;
  if (code !== undefined && (TLS_CODES.has(code) || /^ERR_(?:SSL|TLS|OSSL)_/.test(code))) return "TLS_FAILED";
  return DRIVER_SENTENCES.find(([start]) => error.message.startsWith(start))?.[1] ?? "INTERNAL";
}

/** The driver's own errors have no code, only these sentences: node-postgres 8, `lib/{client,connection}.js` and pg-protocol. */
const DRIVER_SENTENCES: readonly (readonly [string, ErrorCode])[] = [
  ["Connection terminated", "CONNECTION_LOST"],
  ["Client has encountered a connection error", "CONNECTION_LOST"],
  ["Client was closed", "CONNECTION_LOST"],
  ["The server does not support SSL connections", "TLS_FAILED"],
  // Any answer to the request for TLS other than yes and no: not PostgreSQL, or one that hangs up.
  ["There was an error establishing an SSL connection", "CONNECTION_REFUSED"],
  ["received invalid response", "CONNECTION_REFUSED"],
  ["Unknown authenticationOk message type", "AUTHENTICATION_FAILED"],
  ["SASL:", "AUTHENTICATION_FAILED"],
];
