import {
  type DeleteMode,
  type ErrorBudget,
  hasErrorBudget,
  hasKey,
  type NullCursorPolicy,
  type PipelineLimits,
  PipelineLimits as LimitsSchema,
  type PipelinePolicies,
  PipelinePolicies as PoliciesSchema,
  type VerificationMode,
  type WriteMode,
} from "@millrace/shared";
import { schemaPolicyWords } from "./schema-words.ts";

/** How the policies of a pipeline read, as facts with a name and a sentence, in the order in which the form asks for them. */
export const policyFacts = (writeMode: WriteMode, policies: PipelinePolicies): [name: string, words: string][] => [
  ...modeFacts(writeMode, policies),
  ...budgetFacts(policies),
  ["Verification", `${verificationWords(policies.verification).description} (${policies.verification})`],
  ["Changed columns", `${schemaPolicyWords(policies.schemaChange).description} (${policies.schemaChange})`],
];

function modeFacts(writeMode: WriteMode, policies: PipelinePolicies): [name: string, words: string][] {
  if (!hasKey(writeMode)) {
    return writeMode === "replace" ? replaceFacts(policies) : [];
  }
  const { deletes } = policies;
  return [
    ["Key", keyWords(policies)],
    ["Reads", readWords(policies)],
    ["Deletes", `${deleteWords(writeMode, policies).description} (${deletes.mode})`],
    ...(deletes.mode === "ignore" ? [] : ([["Guard", guardWords(writeMode, policies)]] satisfies [string, string][])),
  ];
}

function replaceFacts({ maxShrinkPercent, undo }: PipelinePolicies): [name: string, words: string][] {
  const facts: [name: string, words: string][] = [];
  if (maxShrinkPercent !== null) {
    facts.push(["Guard", `A run that would shrink the table by more than ${maxShrinkPercent} % is refused`]);
  }
  if (undo.keepHours > 0) {
    facts.push(["Undo", `The table that a run has replaced is kept for ${hoursWords(undo.keepHours)}`]);
  }
  return facts;
}

/** Without a budget the first row that the destination refuses fails the run, as everybody expects. */
const budgetFacts = ({ errorBudget }: PipelinePolicies): [name: string, words: string][] =>
  hasErrorBudget(errorBudget)
    ? [["Refused rows", `Up to ${budgetText(errorBudget)} that the destination refuses are set aside`]]
    : [];

const budgetText = ({ maxRows, maxPercent }: ErrorBudget): string =>
  [
    maxRows === undefined ? [] : `${maxRows} ${maxRows === 1 ? "row" : "rows"}`,
    maxPercent === undefined ? [] : `${maxPercent} % of the rows`,
  ]
    .flat()
    .join(" and ");

/** `2 at each end at once`. */
export const connectionWords = ({ parallelism }: PipelineLimits): string => `${parallelism} at each end at once`;

/** Null for what are no limits. */
export function storedLimits(value: unknown): string | null {
  const parsed = LimitsSchema.safeParse(value);
  return parsed.success ? connectionWords(parsed.data) : null;
}

/** `1 hour`, `3 days`, `30 hours`. */
export function hoursWords(hours: number): string {
  const [count, word] = hours >= 48 && hours % 24 === 0 ? [hours / 24, "day"] : [hours, "hour"];
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** All of them in one line, whatever the write mode; null for what are no policies. */
export function storedPolicies(value: unknown): string | null {
  const parsed = PoliciesSchema.safeParse(value);
  if (!parsed.success) return null;
  const { key, deletes, incremental, maxShrinkPercent, undo, verification, schemaChange, errorBudget } = parsed.data;
  const marks = deletes.mode === "soft" ? ` in ${deletes.column}` : "";
  return [
    `key: ${key?.join(", ") ?? "the primary key"}`,
    incremental && `cursor: ${incremental.cursor}`,
    `deletes: ${deletes.mode}${marks}${deletes.mode === "ignore" ? "" : `, at most ${deletes.maxPercent} %`}`,
    hasErrorBudget(errorBudget) && `sets aside up to ${budgetText(errorBudget)}`,
    verification !== "full" && `verification: ${verification}`,
    schemaChange !== "ask" && `changed columns: ${schemaChange}`,
    maxShrinkPercent !== null && `shrinks by at most ${maxShrinkPercent} %`,
    undo.keepHours > 0 && `what was there is kept for ${hoursWords(undo.keepHours)}`,
  ]
    .filter(Boolean)
    .join("; ");
}

const keyWords = ({ key }: PipelinePolicies): string => key?.join(", ") ?? "The primary key";

const WITHOUT_CURSOR: Record<NullCursorPolicy, string> = {
  include: "are read by every run",
  exclude: "are left out",
  fail: "fail the run",
};

function readWords({ incremental }: PipelinePolicies): string {
  if (incremental === null) return "All rows in each run";
  const { cursor, nulls, barrierSeconds, lag } = incremental;
  const before = lag === null ? "" : `, ${lag} before it`;
  return (
    `Only what has changed, by ${cursor || "a column"}, from the position of the run before${before}; ` +
    `rows without it ${WITHOUT_CURSOR[nulls]}; waits at most ${barrierSeconds} s for open transactions`
  );
}

/** What a run compares: as a choice, and as a sentence. */
export function verificationWords(mode: VerificationMode): { readonly title: string; readonly description: string } {
  switch (mode) {
    case "full":
      return {
        title: "All that every row holds",
        description:
          "Both ends compute a fingerprint of the rows, and a run publishes only when the two are equal. It costs one more read at each end",
      };
    case "count":
      return {
        title: "How many rows there are",
        description: "A run publishes when as many rows arrived as were read. What they hold is not compared",
      };
    case "off":
      return { title: "Nothing", description: "A run publishes whatever arrived, and proves nothing" };
  }
}

const GONE: Record<DeleteMode, string> = { ignore: "left alone", soft: "marked", hard: "deleted" };

const guardWords = (writeMode: WriteMode, { deletes }: PipelinePolicies): string => {
  const done = writeMode === "history" && deletes.mode === "soft" ? "closed" : GONE[deletes.mode];
  return `A run in which more than ${deletes.maxPercent} % of the rows would be ${done} is refused`;
};

/** What becomes of rows that the source has no more: as a choice, and as a sentence. */
export function deleteWords(
  writeMode: WriteMode,
  { deletes }: Pick<PipelinePolicies, "deletes">,
  mode: DeleteMode = deletes.mode,
): { readonly title: string; readonly description: string } {
  const keepsVersions = writeMode === "history";
  switch (mode) {
    case "ignore":
      return {
        title: "Keep them as they are",
        description: keepsVersions
          ? "Rows that the source has no more stay current"
          : "Rows that the source has no more stay in the destination",
      };
    case "soft":
      return keepsVersions
        ? {
            title: "Close their version",
            description: "The last version of a row that the source has no more is closed",
          }
        : {
            title: "Mark them as deleted",
            description: `Rows that the source has no more get the time into ${deletes.column || "a column"}`,
          };
    case "hard":
      return { title: "Delete them", description: "Rows that the source has no more are deleted from the destination" };
  }
}
