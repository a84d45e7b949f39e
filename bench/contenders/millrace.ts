import { join } from "node:path";
import type { Contender } from "./contender.ts";

const LAUNCHER = join(import.meta.dirname, "../../millrace");

/** `millrace copy` as users start it, the start of its process included. */
export const millrace = ({ verify }: { verify: boolean }): Contender => ({
  name: verify ? "verified" : "unverified",
  description: verify ? "millrace copy" : "millrace copy --no-verify",
  startsFrom: "nothing",
  maxRounds: Infinity,
  isInstalled: () => true,
  command: ({ from, to }) => ({
    file: LAUNCHER,
    args: ["copy", "--from", from, "--to", to, "--table", "millrace_bench.lineitem", "--json"].concat(
      verify ? [] : ["--no-verify"],
    ),
  }),
});
