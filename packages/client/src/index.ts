export { createMillraceClient, type MillraceClient, type MillraceClientOptions } from "./millrace-client.ts";
export { millraceError } from "./millrace-error.ts";
