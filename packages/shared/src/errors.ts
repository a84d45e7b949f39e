/**
 * The one error table. A code names the problem; the table says how the two doors answer it, whether a run that met it
 * is worth another try, and what a person can do. `docs/errors.md` is generated from it.
 */

/** How a retry of the same work stands: by itself, after somebody mended something, or never. */
export type Retry = "auto" | "manual" | "never";

/** The tRPC error keys that the table uses; `@trpc/server` knows all of them. */
export type TrpcCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "PRECONDITION_FAILED"
  | "PAYLOAD_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "METHOD_NOT_SUPPORTED"
  | "TOO_MANY_REQUESTS"
  | "CLIENT_CLOSED_REQUEST"
  | "INTERNAL_SERVER_ERROR"
  | "SERVICE_UNAVAILABLE";

export interface ErrorEntry {
  readonly http: number;
  readonly trpc: TrpcCode;
  readonly retry: Retry;
  /** One sentence without a full stop; `{name}` is filled from `params`. */
  readonly title: string;
  /** What to do about it, one or two sentences; `{name}` is filled from `params`. */
  readonly hint: string;
}

export const ERRORS = {
  // Requests
  VALIDATION_FAILED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "{issue}",
    hint: "Correct the named field and send the request again.",
  },
  BODY_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The request body is not valid JSON",
    hint: "Send a JSON object with the content type application/json.",
  },
  BODY_TOO_LARGE: {
    http: 413,
    trpc: "PAYLOAD_TOO_LARGE",
    retry: "never",
    title: "The request body is larger than 1 MB",
    hint: "Send a smaller body.",
  },
  BODY_TOO_DEEP: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The request body is nested more than {depth} levels deep",
    hint: "Send a flatter object.",
  },
  URL_TOO_LONG: {
    http: 414,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The address of the request is longer than 8 KB",
    hint: "Send fewer or shorter query parameters.",
  },
  CONTENT_TYPE_UNSUPPORTED: {
    http: 415,
    trpc: "UNSUPPORTED_MEDIA_TYPE",
    retry: "never",
    title: "The content type of the request is not accepted here",
    hint: "Send application/json.",
  },
  ROUTE_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "There is nothing at {method} {path}",
    hint: "The routes are listed at /api/docs.",
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    trpc: "METHOD_NOT_SUPPORTED",
    retry: "never",
    title: "{method} is not possible at {path}",
    hint: "Possible there: {allowed}.",
  },
  PROCEDURE_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "There is no such procedure, or it takes another method",
    hint: "Queries are called by GET, mutations by POST. The typed client knows them all.",
  },
  RATE_LIMITED: {
    http: 429,
    trpc: "TOO_MANY_REQUESTS",
    retry: "auto",
    title: "Too many requests",
    hint: "Wait {seconds} seconds and try again.",
  },
  // Who may do what
  UNAUTHENTICATED: {
    http: 401,
    trpc: "UNAUTHORIZED",
    retry: "manual",
    title: "You are not signed in",
    hint: "Sign in, or send an API token in the Authorization header.",
  },
  CREDENTIALS_INVALID: {
    http: 401,
    trpc: "UNAUTHORIZED",
    retry: "manual",
    title: "The e-mail address or the password is wrong",
    hint: "Check both and try again.",
  },
  FORBIDDEN: {
    http: 403,
    trpc: "FORBIDDEN",
    retry: "never",
    title: "Your role does not allow this: it needs {role}",
    hint: "Ask an owner or admin of the organization for the role {role}.",
  },
  SESSION_REQUIRED: {
    http: 403,
    trpc: "FORBIDDEN",
    retry: "never",
    title: "An API token cannot do this",
    hint: "Sign in with e-mail address and password: tokens, the profile and the password are a person's own to change.",
  },
  PASSWORD_WRONG: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The current password is wrong",
    hint: "Enter the password that you sign in with today.",
  },
  ORIGIN_FORBIDDEN: {
    http: 403,
    trpc: "FORBIDDEN",
    retry: "never",
    title: "The request comes from another site",
    hint: "Use Millrace under its own address, or set MILLRACE_PUBLIC_URL to the address that you use.",
  },
  SETUP_LINK_INVALID: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "manual",
    title: "This set-up link is not valid, was used already or has expired",
    hint: "Restart Millrace to print a new one, or sign in when an account exists already.",
  },
  // Things that are not there, or are there already
  PIPELINE_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "Pipeline not found",
    hint: "It may have been deleted. The list of pipelines shows what there is.",
  },
  RUN_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "Run not found",
    hint: "It may have been deleted together with its pipeline.",
  },
  TOKEN_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "Token not found",
    hint: "It may have been revoked or have expired.",
  },
  DATA_SOURCE_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "Data source not found",
    hint: "It may have been deleted. The list of data sources shows what there is.",
  },
  SOURCE_UNKNOWN: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The {side} data source does not exist",
    hint: "Register the data source first and use its id.",
  },
  PIPELINE_NAME_TAKEN: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "Pipeline name already exists",
    hint: "Choose a name that no other pipeline of the organization has.",
  },
  DATA_SOURCE_NAME_TAKEN: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "Data source name already exists",
    hint: "Choose a name that no other data source of the organization has.",
  },
  DATA_SOURCE_IN_USE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The data source is used by {count} pipelines: {pipelines}",
    hint: "Point these pipelines to another data source, or delete them first.",
  },
  PIPELINE_INCOMPLETE: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The pipeline cannot run: {missing} not set",
    hint: "Set the source, the source table, the destination and the destination table.",
  },
  RUN_ACTIVE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "auto",
    title: "A run of this pipeline is active already",
    hint: "Wait until it ends, or cancel it.",
  },
  RUN_NOT_ACTIVE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "The run has ended already",
    hint: "Only a pending or running run can be cancelled.",
  },
  RUN_STILL_ACTIVE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The run has not ended yet",
    hint: "Wait until it ends, or cancel it, and retry then.",
  },
  UNDO_UNAVAILABLE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "The run cannot be undone: {reason}",
    hint: "Nothing was changed. A pipeline keeps the table that it replaces for as long as its policy undo.keepHours says.",
  },
  QUARANTINED_ROW_NOT_FOUND: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "never",
    title: "There is no such row in the quarantine of this run",
    hint: "It may have gone with its run. Reload the list.",
  },
  QUARANTINED_ROW_SETTLED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "The row is not held any more, or a replay has it in hand",
    hint: "Reload the list to see what became of it.",
  },
  REPLAY_UNAVAILABLE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "The rows cannot be replayed: {reason}",
    hint: "Nothing was changed. Run the pipeline again to bring what the source has now.",
  },
  REPLAY_REFUSED: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination has refused all {count} rows again: {kinds}",
    hint: "They stay in quarantine with their new reasons. Mend their values, or what the destination asks of them.",
  },
  ROW_SUPERSEDED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The destination has a row with this key, and later runs may have brought a newer one",
    hint: "Discard the row if what is there is right, or change it at the source so that the next run brings it.",
  },
  SCHEDULE_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The schedule is not valid: {reason}",
    hint: "Write five fields, for example '0 * * * *' for every hour, at least one minute apart.",
  },
  UNSUPPORTED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "{what} is not supported",
    hint: "{instead}",
  },
  // Reaching a data source
  HOST_NOT_FOUND: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The host name of the {side} cannot be resolved",
    hint: "Check the spelling of the host, and that this machine's DNS knows it.",
  },
  HOST_FORBIDDEN: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The host of the {side} is an address that Millrace does not connect to",
    hint: "Metadata and link-local addresses are always refused; private ones when MILLRACE_ALLOW_PRIVATE_NETWORKS is false.",
  },
  CONNECTION_REFUSED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "auto",
    title: "The {side} refused the connection",
    hint: "Check host and port, that the server is running, and that a firewall lets this machine through.",
  },
  CONNECTION_TIMEOUT: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "auto",
    title: "The {side} did not answer in time",
    hint: "Check host and port, and that a firewall lets this machine through.",
  },
  CONNECTION_LOST: {
    http: 502,
    trpc: "SERVICE_UNAVAILABLE",
    retry: "auto",
    title: "The connection to the {side} was lost",
    hint: "The server may have restarted or closed the session; the run can be started again.",
  },
  CONNECTION_LIMIT: {
    http: 503,
    trpc: "SERVICE_UNAVAILABLE",
    retry: "auto",
    title: "The {side} has no connection left",
    hint: "Raise the server's connection limit, or run fewer pipelines at once.",
  },
  TLS_FAILED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "No secure connection to the {side} could be made",
    hint: "Check the TLS mode and the certificate authority of the data source, and that its certificate has not expired.",
  },
  AUTHENTICATION_FAILED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The {side} did not accept the user name and the password",
    hint: "Check user name and password of the data source.",
  },
  PASSWORD_UNPROTECTED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The {side} asks for the password in a way that would reveal it",
    hint: "Set the TLS mode to verify-full, or let the server sign the user in by scram-sha-256 with 4,096 iterations or more.",
  },
  DATABASE_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The {side} has no database of that name",
    hint: "Check the database name of the data source.",
  },
  PRIVILEGE_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The user of the {side} lacks a privilege on {object}",
    hint: "Grant SELECT on the source table, or CREATE on the destination schema, to that user.",
  },
  SERVER_VERSION_UNSUPPORTED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The server of the {side} is of version {version}",
    hint: "Millrace works with PostgreSQL 13 to 18.",
  },
  PLATFORM_DATABASE_REFUSED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The {side} is Millrace's own database",
    hint: "Use another database; Millrace's own tables are never a source or destination.",
  },
  // Tables and columns
  TABLE_NAME_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "The table name {table} cannot be read",
    hint: 'Write schema.table, with double quotes around names that hold a dot or a quote, for example public."my.table".',
  },
  SOURCE_TABLE_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The source has no table {table}",
    hint: "Check schema and name, upper and lower case included, and that the user may see it.",
  },
  DESTINATION_TABLE_MISSING: {
    http: 404,
    trpc: "NOT_FOUND",
    retry: "manual",
    title: "The destination has no table {table} to compare",
    hint: "Run the pipeline first, or check the spelling, upper and lower case included.",
  },
  DESTINATION_NOT_A_TABLE: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination {table} is not an ordinary table",
    hint: "Choose the name of an ordinary table, or one that does not exist yet.",
  },
  SOURCE_EQUALS_DESTINATION: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "Source and destination are the same table {table}",
    hint: "Choose another destination table or another destination.",
  },
  COLUMN_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination table {table} lacks the column {column}",
    hint: "Add the column to the destination table, or drop the table so that Millrace creates it.",
  },
  COLUMN_REQUIRED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination column {column} must have a value and the source has no such column",
    hint: "Give the destination column a default, or drop its NOT NULL.",
  },
  TYPE_MISMATCH: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination column {column} of type {destinationType} cannot take the source's {sourceType}",
    hint: "Change the type of the destination column, or drop the destination table so that Millrace creates it.",
  },
  TYPE_UNAVAILABLE: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination lacks the type {type} of column {column}",
    hint: "It belongs to the extension {extension}: run CREATE EXTENSION {extension} in the destination.",
  },
  TYPE_UNSUPPORTED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "Column {column} is of type {type}, which cannot be copied",
    hint: "{reason}",
  },
  NOTHING_TO_COPY: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "No table of the source matches {pattern}",
    hint: "Check schema and name, upper and lower case included.",
  },
  // What a mapping asks for
  MAPPING_COLUMN_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The source has no column {source}",
    hint: "Take the column out of the mapping, or choose one that the source has; upper and lower case count.",
  },
  MAPPING_NAME_TAKEN: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "More than one column would arrive under the name {column}",
    hint: "Give one of them another name, or leave it out.",
  },
  MAPPING_NAME_TOO_LONG: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The name {column} is longer than the {bytes} bytes that a column's name can have",
    hint: "Choose a shorter name.",
  },
  MAPPING_CAST_IMPOSSIBLE: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The column {column} of type {type} cannot be cast to {target}",
    hint: "Choose another type, or cast to text.",
  },
  MAPPING_CAST_FAILED: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "A value of the source cannot be cast as the mapping asks for: {columns}",
    hint: "Nothing was changed. Cast to a type that takes every value, or leave the rows out by a filter.",
  },
  MAPPING_CONSTANT_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The constant of column {column} is not a value of type {target}",
    hint: "Write a value that the type has, or choose another type.",
  },
  MAPPING_FILTER_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The condition on column {source} cannot be used: {reason}",
    hint: "Choose another operator or other values for the condition.",
  },
  MAPPING_EMPTY: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The mapping leaves no column to copy",
    hint: "Include at least one column.",
  },
  MAPPING_KEY_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The column {column} is masked by HMAC, and there is no mask key",
    hint: "Set the mask key: a secret of at least 16 characters.",
  },
  SOURCE_QUERY_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The source's SQL cannot be used: {reason}",
    hint: "Write one SELECT whose columns have names of their own, and try it at the source first.",
  },
  // What stands in the way at the destination
  DEPENDENT_OBJECTS: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The destination table {table} cannot be replaced: {dependents} depends on it",
    hint: "Drop the object that depends on the table, or use the write mode append.",
  },
  // Keys, deletes and cursors
  KEY_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The write mode {mode} needs a key, and {table} has no primary key",
    hint: "Name the columns that tell its rows apart as the key of the pipeline, or by --key.",
  },
  KEY_COLUMN_MISSING: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The key column {keyColumn} does not arrive from the source table {table}",
    hint: "Check its spelling, upper and lower case included, or choose another key.",
  },
  KEY_NOT_UNIQUE: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The destination table {table} has no unique index on {key}",
    hint: "Run CREATE UNIQUE INDEX ON {sqlTable} ({sqlKey}) at the destination, or choose a key that has one.",
  },
  KEY_NULL: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "{count} rows for {table} have no value in a column of the key {key}",
    hint: "Nothing was changed. Mend these rows at the source, or choose a key whose columns always have a value.",
  },
  COLUMN_RESERVED: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The source has a column {column}, which the pipeline writes by itself",
    hint: "Leave the column out, rename it by a view, or choose another column for deleted rows.",
  },
  TOO_MANY_DELETES: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "{count} of the {total} rows of {table} would be deleted, which is more than {percent} %",
    hint: "Nothing was changed. Look at the source; if it is right, raise the limit of the pipeline, or --max-deletes, for this run.",
  },
  CURSOR_INVALID: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The column {cursor} cannot be the cursor: {reason}",
    hint: "Choose a column of a time, number, text or uuid type that grows whenever a row is inserted or changed.",
  },
  CURSOR_NULL: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "{count} rows of the source table {table} have no value in the cursor {cursor}",
    hint: "Nothing was changed. Mend these rows, or set the pipeline to include or exclude them.",
  },
  // Values and constraints
  VALUE_OUT_OF_RANGE: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "A value does not fit the destination column {column}",
    hint: "Widen the type of the destination column.",
  },
  VALUE_INVALID: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "A value cannot be converted for the destination column {column}",
    hint: "Change the type of the destination column to one that takes every value of the source.",
  },
  CONSTRAINT_VIOLATED: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "A row violates the constraint {constraint} of the destination table {table}",
    hint: "Mend the row at the source, or change the constraint of the destination table.",
  },
  ERROR_BUDGET_EXCEEDED: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "{seen} rows were refused by the destination, more than the {budget} that may be set aside",
    hint: "The destination is as it was. The first was {first}. Mend the rows at the source or the destination{otherwise}.",
  },
  ROW_TOO_LARGE: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "never",
    title: "A row of {table} is larger than what can be moved",
    hint: "PostgreSQL sends at most 1 GB a row; leave out or shorten the large column.",
  },
  DESTINATION_REFUSED: {
    http: 422,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "A trigger or policy of the destination refused the rows",
    hint: "Look at the triggers and row policies of the destination table.",
  },
  // Running
  SOURCE_CHANGED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The source table {table} was changed or dropped during the run",
    hint: "Start the run again once the table is back; the destination is as it was.",
  },
  DESTINATION_CHANGED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "auto",
    title: "The destination table {table} was replaced by somebody else during the run",
    hint: "Run again; nothing was changed.",
  },
  SCHEMA_CHANGED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "The table {table} is no longer what was agreed: {changes}",
    hint: "Nothing was touched. See the difference on the pipeline's page and accept it, change the pipeline's policy for schema changes, or put the table back as it was. Where a row filter, cursor or key has lost its column, change that in the pipeline.",
  },
  SCHEMA_NOT_WAITING: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "There is no difference of this run that waits to be accepted",
    hint: "It was accepted before, or the pipeline or its table has changed since: look at the pipeline again.",
  },
  DIGEST_MISMATCH: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "What arrived differs from the source table {table}: {found}",
    hint: "The destination was left as it was. Look for triggers or rules on the destination, and run again.",
  },
  COUNT_MISMATCH: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "Of {sent} rows that were read from {table}, {arrived} arrived",
    hint: "The destination was left as it was. Look for triggers or rules on the destination, and run again.",
  },
  ROWS_DIFFER: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "Table {table} differs from its source: {found}",
    hint: "Nothing was changed. Look at the keys that differ and repair these rows, or run the pipeline.",
  },
  NOTHING_TO_REPAIR: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "That run lists no rows that could be repaired",
    hint: "Verify the pipeline first. Rows without a key cannot be named: run the pipeline instead.",
  },
  LOAD_ROLLED_BACK: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "That run was rolled back, so the rows that it lists are not at the destination",
    hint: "There is nothing to repair. Look for what changes rows as they arrive, such as a trigger of the destination, and run the pipeline again.",
  },
  VERIFICATION_OUTDATED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "The pipeline has other tables, or another way to read them, than when it was verified",
    hint: "Nothing was changed. Verify it again and repair what is listed then.",
  },
  LOCK_TIMEOUT: {
    http: 409,
    trpc: "CONFLICT",
    retry: "auto",
    title: "{holder} holds a lock on {table}",
    hint: "Wait until that session has ended its transaction, or end it with pg_terminate_backend; a run waits for at most 30 seconds.",
  },
  DEADLOCK: {
    http: 409,
    trpc: "CONFLICT",
    retry: "auto",
    title: "The {side} ended the run because of a deadlock",
    hint: "Run again; nothing was changed.",
  },
  STATEMENT_CONFLICT: {
    http: 409,
    trpc: "CONFLICT",
    retry: "auto",
    title: "The {side} ended a statement that was in the way of other work",
    hint: "Run again; nothing was changed. On a read replica, raise max_standby_streaming_delay or read from the primary.",
  },
  STATEMENT_CANCELLED: {
    http: 409,
    trpc: "CONFLICT",
    retry: "manual",
    title: "A statement was cancelled at the {side}",
    hint: "An administrator or a time limit of the server ended it. Run again; nothing was changed.",
  },
  SERVER_ERROR: {
    http: 502,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The {side} refused a statement with the SQLSTATE {sqlstate}",
    hint: "The log of that server says which statement and why.",
  },
  DISK_FULL: {
    http: 507,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The disk of the {side} is full",
    hint: "Free some space there and run again; the destination is as it was.",
  },
  READ_ONLY: {
    http: 400,
    trpc: "BAD_REQUEST",
    retry: "manual",
    title: "The {side} is read-only",
    hint: "Point the data source to the primary server.",
  },
  FENCE_STALE: {
    http: 409,
    trpc: "CONFLICT",
    retry: "never",
    title: "A newer run of the pipeline has taken over",
    hint: "Nothing to do: this attempt stopped by itself and wrote nothing more.",
  },
  RUN_CANCELLED: {
    http: 409,
    trpc: "CLIENT_CLOSED_REQUEST",
    retry: "manual",
    title: "The run was cancelled",
    hint: "The destination is as it was. Start the run again when you want to.",
  },
  RUN_CRASHED: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The process that executed the run ended unexpectedly",
    hint: "The destination is as it was. If it happens again, look at the worker's memory and log.",
  },
  RUN_ABANDONED: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The run was taken over {attempts} times and made no progress",
    hint: "Look at the worker's log and memory before you start it again.",
  },
  // The house itself
  CONFIGURATION_INVALID: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The configuration is not valid: {issues}",
    hint: "Correct the environment variables and start again; docs/environment.md lists them.",
  },
  PORT_IN_USE: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "Port {port} is in use by another program",
    hint: "Stop that program, or choose another port with --port or PORT.",
  },
  SECRET_UNREADABLE: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The stored password of the data source cannot be decrypted",
    hint: "MILLRACE_SECRET_KEY differs from the one that it was stored with: restore the key, or enter the password again.",
  },
  MASK_KEY_UNREADABLE: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The mask key of the pipeline cannot be decrypted",
    hint: "MILLRACE_SECRET_KEY differs from the one that it was stored with: restore that key, or set the mask key again.",
  },
  EMBEDDED_DATABASE_FAILED: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "The embedded PostgreSQL cannot start: {reason}",
    hint: "{advice}",
  },
  DATABASE_UNAVAILABLE: {
    http: 503,
    trpc: "SERVICE_UNAVAILABLE",
    retry: "auto",
    title: "Millrace's own database does not answer or takes no writes",
    hint: "Wait a moment and try again; the server's log says more.",
  },
  INTERNAL: {
    http: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    retry: "manual",
    title: "Something went wrong inside Millrace",
    hint: "Try again. If it stays, look for the request id in the server's log.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** Names, ids and counts that fill the sentence. Never a cell's value, a password or a connection string. */
export type ErrorParams = Readonly<Record<string, string | number>>;

export interface ErrorSummary {
  code: ErrorCode;
  message: string;
  hint: string;
  params: Record<string, string | number>;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERRORS, value);
}

function fill(template: string, params: ErrorParams): string {
  return template.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : placeholder,
  );
}

/** Which row it was, by its key, where that is known of an error that does not speak of rows otherwise. */
const rowSuffix = ({ row }: ErrorParams): string => (row === undefined ? "" : ` (the row with ${row})`);

/**
 * The only error that Millrace throws on purpose. `message` is the table's title with its names filled in; `hint` says
 * what to do. `cause` keeps the driver's error for the log's stack and is never shown to a user.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, options: { params?: ErrorParams; cause?: unknown } = {}) {
    const params = options.params ?? {};
    super(
      fill(ERRORS[code].title, params) + rowSuffix(params),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.params = params;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }

  get hint(): string {
    return fill(ERRORS[this.code].hint, this.params);
  }

  /** What may cross a process or a wire: no stack, no cause. */
  toSummary(): ErrorSummary {
    return { code: this.code, message: this.message, hint: this.hint, params: { ...this.params } };
  }

  /** The reverse of `toSummary`, for the far side of a process boundary. */
  static fromSummary(summary: Pick<ErrorSummary, "code" | "params">): AppError {
    return new AppError(summary.code, { params: summary.params });
  }
}

/** Any thrown value as an `AppError`: itself, or `INTERNAL` with the value kept as its cause. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("INTERNAL", { cause: error });
}
