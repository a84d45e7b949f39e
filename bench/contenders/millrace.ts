import { join } from "node:path";
import type { Contender } from "./contender.ts";

const LAUNCHER = join(import.meta.dirname, "../../millrace");

/** `millrace copy` as users start it, the start of its process included. */
export const millrace = ({ verify, jobs = 1 }: { verify: boolean; jobs?: number }): Contender => ({
  name: `${verify ? "verified" : "unverified"}${jobs === 1 ? "" : `-${jobs}`}`,
  description: ["millrace copy", ...(jobs === 1 ? [] : [`--jobs ${jobs}`]), ...(verify ? [] : ["--no-verify"])].join(
    " ",
  ),
  startsFrom: "nothing",
  maxRounds: Infinity,
  isInstalled: () => true,
  command: ({ from, to, tables }) => ({
    file: LAUNCHER,
    args: [
      "copy",
      "--from",
      from,
      "--to",
      to,
      ...tables.flatMap((table) => ["--table", table]),
      "--json",
      "--jobs",
      `${jobs}`,
    ].concat(verify ? [] : ["--no-verify"]),
  }),
});
