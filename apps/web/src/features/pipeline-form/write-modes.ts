import type { PipelineMode, WriteMode } from "@millrace/shared";

interface ModeWords {
  /** What it does, as anybody would say it. */
  readonly title: string;
  readonly description: string;
}

/** One entry for each write mode that the engine has: a new one does not compile until it has words. */
export const WRITE_MODE_WORDS: Record<WriteMode, ModeWords> = {
  replace: {
    title: "Replace the table by a fresh copy",
    description:
      "Each run loads all rows beside the table and swaps them in at once. Readers see the old rows or the new ones, never half. Write mode: replace.",
  },
  append: {
    title: "Add the rows to those that are there",
    description: "Each run adds all rows of the source once more, and leaves the others alone. Write mode: append.",
  },
  merge: {
    title: "Update the rows that changed and add new ones",
    description:
      "Each run finds the row with the same key and updates it where it differs, and adds the others. What is equal is not touched. Write mode: merge.",
  },
  history: {
    title: "Keep every version of a row",
    description:
      "Each run closes the version of a row that changed and opens another, each with the time for which it held (SCD2). Write mode: history.",
  },
};

export const MODE_WORDS: Record<PipelineMode, ModeWords> = {
  batch: {
    title: "When it is started, or on a schedule",
    description: "A run copies what the source holds at that moment. Mode: batch.",
  },
  realtime: {
    title: "All the time, as the source changes",
    description: "Changes are carried over as they happen. Mode: realtime.",
  },
};
