import type { Connection, Connector, Side } from "@millrace/engine";
import type { TableName } from "@millrace/shared";

/** Types that every system has in some spelling, their values as batches spell them. */
export type PortableType = "integer" | "decimal" | "text" | "timestamp";

export interface PortableColumn {
  readonly name: string;
  readonly type: PortableType;
  readonly isNullable: boolean;
}

export type PortableRow = readonly (string | null)[];

export interface PortableTable {
  readonly name: TableName;
  readonly columns: readonly PortableColumn[];
  readonly primaryKey: readonly string[];
  readonly rows: readonly PortableRow[];
}

/**
 * One system under test: a database to read from and another to write to, both empty, which the suite fills and looks at by the
 * system's own means. The connector is only ever used as the engine uses it.
 */
export interface Harness {
  /** With the version where it matters: `PostgreSQL 15`. */
  readonly title: string;
  readonly connector: Connector;
  /** A URL that holds `SECRET` where a password may stand, and that `parseUrl` cannot read. */
  readonly unreadableUrl: string;
  /** Cases that this connector does not pass, each with the reason. A waiver of a case that passes fails the suite. */
  readonly waivers?: Readonly<Record<string, string>>;
  /** The source's, as `parseUrl` reads it. */
  url(): Promise<string>;
  open(side: Side, signal?: AbortSignal): Promise<Connection>;
  /** Makes the table, its schema if need be, in place of one of the name. */
  create(side: Side, table: PortableTable): Promise<void>;
  /** Adds rows to a table that `create` has made. */
  insert(side: Side, table: PortableTable, rows: readonly PortableRow[]): Promise<void>;
  /** Leaves each row of a table without a key so many times, without the rows passing through this process. */
  multiply(side: Side, table: TableName, times: number): Promise<void>;
  /** Removes all rows whose column `id` has the value. */
  remove(side: Side, table: TableName, id: string): Promise<void>;
  /** The values of these columns as the system's own text, in any order of rows; null where there is no such table. */
  rows(side: Side, table: TableName, columns: readonly string[]): Promise<readonly PortableRow[] | null>;
  /** Names of all tables that users would see, as `formatTableName` spells them. */
  tables(side: Side): Promise<readonly string[]>;
  /** Cuts every connection that a connector has open at this end, and resolves once they are gone. */
  disconnect(side: Side): Promise<void>;
  /** Every type of the system, by a name of its own. */
  readonly types: readonly string[];
  /**
   * Makes a table at the source with a column `id` and one for each of these types, under the type's name, whose rows hold the
   * values of the type that are hard to carry, nulls included.
   */
  createTypes(table: TableName, types: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What stands in a URL or a value in place of what nobody may see. */
export const SECRET = "c0nformance-5ecret";
