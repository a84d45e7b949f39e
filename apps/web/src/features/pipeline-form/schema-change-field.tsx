import { SchemaChangePolicy } from "@millrace/shared";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { schemaPolicyWords } from "../../lib/schema-words.ts";
import type { StepProps } from "./step.ts";

/** What a run does where its table is no longer the one that was agreed. */
export function SchemaChangeField({ draft: { policies }, change }: Omit<StepProps, "faults">) {
  return (
    <ChoiceCards
      label="What should a run do when the columns of the table have changed?"
      columns={2}
      value={policies.schemaChange}
      onChange={(schemaChange) => change({ policies: { ...policies, schemaChange } })}
      options={SchemaChangePolicy.options.map((value) => {
        const { title, description } = schemaPolicyWords(value);
        return { value, title, description: `${description}. Schema changes: ${value}.` };
      })}
    />
  );
}
