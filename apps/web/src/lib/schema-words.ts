import { describeSchemaUses, type SchemaChange, type SchemaChangePolicy, type SchemaReport } from "@millrace/shared";

/** What a run does where the table has changed: as a choice, and as a sentence. */
export function schemaPolicyWords(policy: SchemaChangePolicy): {
  readonly title: string;
  readonly description: string;
} {
  switch (policy) {
    case "ask":
      return {
        title: "Wait until somebody has accepted it",
        description:
          "A run stops before it touches anything and shows what has changed; the next one goes on once it is accepted",
      };
    case "evolve":
      return {
        title: "Let the destination follow",
        description:
          "New columns are added, types widened, and NOT NULL goes where the source lets go of it. What could lose values is asked about first",
      };
    case "discard_column":
      return {
        title: "Keep the destination's columns",
        description:
          "A column that the destination lacks is left out, and the run says so. A type that no longer fits fails the run",
      };
    case "freeze":
      return {
        title: "Fail",
        description: "Any difference at either end fails the run, which names it and touches nothing",
      };
  }
}

/** What a change did, in a word to stand beside its icon. */
export function schemaChangeWord({ kind }: Pick<SchemaChange, "kind">): "Added" | "Removed" | "Changed" | "Missing" {
  switch (kind) {
    case "column_added":
      return "Added";
    case "column_removed":
      return "Removed";
    case "label_added":
      return "Missing";
    case "type_widened":
    case "type_narrowed":
    case "type_changed":
    case "nullability_loosened":
    case "nullability_tightened":
    case "key_changed":
      return "Changed";
  }
}

/** What is said of a change beside its column and types; empty where these say it all. */
export function schemaChangeNote(change: Pick<SchemaChange, "kind" | "column" | "usedBy">): string {
  return [kindNote(change), describeSchemaUses(change)].filter(Boolean).join(", ");
}

function kindNote({ kind }: Pick<SchemaChange, "kind">): string {
  switch (kind) {
    case "type_widened":
      return "wider: every value fits";
    case "type_narrowed":
      return "narrower";
    case "type_changed":
      return "another type";
    case "nullability_loosened":
      return "may be NULL now";
    case "nullability_tightened":
      return "may no longer be NULL";
    case "label_added":
      return "a label of its type is missing there";
    case "key_changed":
      return "primary key";
    case "column_added":
    case "column_removed":
      return "";
  }
}

/** What comes of the changes. */
export function schemaVerdictWords({ verdict, policy }: Pick<SchemaReport, "verdict" | "policy">): string {
  switch (verdict) {
    case "same":
      return "Nothing has changed since it was agreed.";
    case "noted":
      return "None of this concerns what arrives, so the run goes on.";
    case "applied":
      return policy === "evolve"
        ? "The destination follows, in the transaction that publishes the rows."
        : "It was accepted: the destination follows, in the transaction that publishes the rows.";
    case "left_out":
      return "The destination keeps its columns. What it has no column for does not arrive.";
    case "waits":
      return "The run waits until somebody has accepted this. Nothing was touched.";
    case "refused":
      return policy === "freeze"
        ? "The pipeline freezes the structure, so the run is refused. Nothing was touched."
        : "The pipeline cannot read or write the table as it is now, so the run is refused. Nothing was touched.";
  }
}
