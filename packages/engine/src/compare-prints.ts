import type { DifferenceKind } from "@millrace/shared";
import { type KeyName, type KeyPrint, type PrintedRange, readPrint } from "./keyed.ts";

/** A key of which the two ends do not have the same rows. */
export interface Difference {
  readonly name: KeyName;
  readonly kind: DifferenceKind;
}

/** What is made of so many lines has died before the collector looks for what lives on; of more it keeps most for long. */
const LINES_AT_ONCE = 500;

/** As `comparePrints`, some keys at a time. Of what stands at both ends in the same words nothing is read. */
export function* comparePrinted(source: PrintedRange, destination: PrintedRange): Generator<readonly Difference[]> {
  const [ours, theirs] = [linesOf(source), linesOf(destination)];
  if (!isInStep(ours, theirs)) {
    yield comparePrints(notAmong(theirs, ours).map(readPrint), notAmong(ours, theirs).map(readPrint));
    return;
  }
  for (let start = 0; start < Math.max(ours.length, theirs.length); start += LINES_AT_ONCE) {
    const end = start + LINES_AT_ONCE;
    const differing = (own: readonly string[], other: readonly string[]) =>
      own.slice(start, end).filter((line, at) => line !== other[start + at]);
    yield comparePrints(differing(ours, theirs).map(readPrint), differing(theirs, ours).map(readPrint));
  }
}

/** The keys of which the two sides do not have the same rows, those of the source first. */
export function comparePrints(source: readonly KeyPrint[], destination: readonly KeyPrint[]): Difference[] {
  const theirs = new Map(destination.map((print) => [print.name, print]));
  const ours = new Set(source.map(({ name }) => name));
  const differing = source.flatMap((print) => {
    const kind = kindOf(print, theirs.get(print.name));
    return kind === null ? [] : [{ name: print.name, kind }];
  });
  const unexpected = destination.filter(({ name }) => !ours.has(name));
  return [...differing, ...unexpected.map(({ name }) => ({ name, kind: "unexpected" as const }))];
}

export const linesOf = (printed: PrintedRange): string[] => (printed === "" ? [] : printed.split("\n"));

/** Whether each line is about the same key as the other side's, or there is only one side. */
const isInStep = (ours: readonly string[], theirs: readonly string[]): boolean =>
  ours.length === 0 ||
  theirs.length === 0 ||
  (ours.length === theirs.length && ours.every((line, at) => nameIn(line) === nameIn(theirs[at] ?? "")));

const nameIn = (line: string): string => line.slice(line.lastIndexOf("\t") + 1);

function notAmong(known: readonly string[], lines: readonly string[]): string[] {
  const among = new Set(known);
  return lines.filter((line) => !among.has(line));
}

function kindOf(source: KeyPrint, destination: KeyPrint | undefined): DifferenceKind | null {
  if (!destination || destination.rowCount < source.rowCount) return "missing";
  if (destination.rowCount > source.rowCount) return "unexpected";
  return destination.print === source.print ? null : "different";
}
