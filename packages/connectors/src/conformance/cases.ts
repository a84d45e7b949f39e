import { cancellation } from "./cancellation.ts";
import type { ConformanceCase } from "./case.ts";
import { discover } from "./discover.ts";
import { errors } from "./errors.ts";
import { evolution } from "./evolution.ts";
import type { Harness } from "./harness.ts";
import { lifecycle } from "./lifecycle.ts";
import { resume } from "./resume.ts";
import { safety } from "./safety.ts";
import { typeCases } from "./types.ts";
import { volume } from "./volume.ts";
import { writeModes } from "./write-modes.ts";

/** All promises of the contract, area by area. */
export const conformanceCases = (harness: Harness): readonly ConformanceCase[] => [
  ...lifecycle,
  ...discover,
  ...typeCases(harness),
  ...resume,
  ...writeModes,
  ...evolution,
  ...cancellation,
  ...errors,
  ...safety,
  ...volume,
];
