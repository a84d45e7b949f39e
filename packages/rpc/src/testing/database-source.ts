import type { CreateDataSourceInput } from "@millrace/shared";

/** A PostgreSQL database as somebody registers it. */
export function databaseSource(name: string, databaseUrl: string): CreateDataSourceInput {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  return {
    name,
    connectionType: "postgresql",
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password) || null,
    options: {},
  };
}
