import type { Readable } from "node:stream";
import type { Digest, RepairCounts } from "@millrace/shared";
import type { Chunk, Keying, SourceRead, TableDescription } from "./connector.ts";

/**
 * What a verification and a repair ask of the two ends: the part of the contract that a connector with `hasDigest` may have
 * besides. Both ends speak of keys by one text each, so that a key that one has named is found at the other.
 */

/** The values of the key's columns, in the order of the key, as both ends spell them alike. */
export type Key = readonly string[];

/** Keys from `from` up to but without `to`, in an order that both ends share; null is without an end. */
export interface KeyRange {
  readonly from: Key | null;
  readonly to: Key | null;
}

/** A key as a JSON array of its texts, in the same words at both ends. */
export type KeyName = string;

/** Of the millions of names that pass by only those are read that somebody wants to see. */
export const readKey = (name: KeyName): Key => JSON.parse(name) as string[];

/** The rows with one key: how many, and a fingerprint of them all. */
export interface KeyPrint {
  readonly name: KeyName;
  readonly rowCount: number;
  readonly print: string;
}

/**
 * The prints of a range's keys in the order of the key, each a line: the print, the number of rows and the name, with tabs between.
 * One text, since of millions that pass by only those are taken apart that are not at the other end.
 */
export type PrintedRange = string;

export function readPrint(line: string): KeyPrint {
  const [print = "", rowCount = "", name = ""] = line.split("\t");
  return { name, rowCount: Number(rowCount), print };
}

/** Which rows are read by their keys, and what makes two of them different. By default all that the session reads, by the plan's digest. */
export interface KeyedOptions {
  /** Values differ that are not the same byte by byte, as they do to a merge: 1.0 and 1.00. Both ends have to be asked alike. */
  readonly isExact?: boolean;
  /** Of a destination: the table as it stands, where the plan speaks of what the run makes of it: what is not there yet is null. */
  readonly existing?: TableDescription;
  /** Of a source: all rows, also those which the session was narrowed to leave out. */
  readonly isWhole?: boolean;
  /** Of a source: of the rows that share a key only the last, by `Keying.lastBy`. */
  readonly last?: Pick<Keying, "lastBy">;
  /** Of a source: only the rows of this chunk. Not together with `last`. */
  readonly chunk?: Chunk;
  /** Rows with the digest of one of these, each of a single row, are left out. What is left out at one end has to be at the other. */
  readonly without?: readonly Digest[];
}

/** Both ends of a comparison, each under a snapshot of its own. */
export interface KeyedEnds {
  readonly source: KeyedReader;
  readonly destination: KeyedReader;
}

/** Reads one end's rows by their keys under one snapshot. Calls come one at a time; ranges are disjoint and in their order. */
export interface KeyedReader {
  /** Of all rows. */
  digest(): Promise<Digest>;
  /** How many rows lack a value in a column of the key. Such rows are in no range. */
  countIncompleteKeys(): Promise<number>;
  /** One digest for each range. */
  digestRanges(ranges: readonly KeyRange[]): Promise<readonly Digest[]>;
  /** For each range the keys that cut it into parts of `rowsPerPart` rows; none where it cannot be cut. */
  split(ranges: readonly KeyRange[], rowsPerPart: readonly number[]): Promise<readonly (readonly Key[])[]>;
  /** One text for each range, in their order, read on as they are taken. So many keys as are in a range are in memory at once. */
  printRanges(ranges: readonly KeyRange[]): AsyncIterable<PrintedRange>;
  /** The prints of those of the keys that are there. */
  printKeys(keys: readonly Key[]): Promise<readonly KeyPrint[]>;
  /** A hash for each of the plan's columns, for those of the keys that are there. */
  hashColumns(keys: readonly Key[]): Promise<readonly { readonly key: Key; readonly hashes: readonly string[] }[]>;
  /** The values of the plan's columns as text, long ones cut, for those of the keys that are there. */
  readValues(
    keys: readonly Key[],
  ): Promise<readonly { readonly key: Key; readonly values: readonly (string | null)[] }[]>;
  countRows(): Promise<number>;
  /** The same rows under the same snapshot by their keys alone. Ends with this one. */
  onlyKeys(): KeyedReader;
  /** Of a destination: these rows and those that are marked as deleted. Ends with this one. Null where rows are not marked. */
  withMarked(): KeyedReader | null;
  /** The rows with these keys, as `SourceReader.read` sends them. */
  read(keys: readonly Key[]): SourceRead;
  /** Ends what this reader has opened by itself. */
  close(): Promise<void>;
}

/** One transaction that mends rows of the destination: `load` once, `apply` once, then `printKeys` and `commit`. */
export interface RepairSession {
  /** Takes the source's rows with the keys, without anybody seeing them. Resolves to their number. */
  load(stream: Readable): Promise<number>;
  /**
   * Makes the rows with these keys those that were loaded. Rows whose key did not arrive are deleted where that is asked for,
   * in the way of the pipeline's policy, and left otherwise.
   */
  apply(keys: readonly Key[], deletesUnexpected: boolean): Promise<RepairCounts>;
  /** As `KeyedReader.printKeys`, of the rows as this transaction leaves them. */
  printKeys(keys: readonly Key[]): Promise<readonly KeyPrint[]>;
  /** Throws `FENCE_STALE` where a younger claim of the pipeline was here. */
  commit(): Promise<void>;
  /** Rolls back what is not committed. Never throws. */
  close(): Promise<void>;
}
