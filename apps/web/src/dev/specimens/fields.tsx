import { Database, Repeat, Replace, SquarePlus } from "lucide-react";
import { useState } from "react";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { ChoiceCards } from "../../components/ui/choice-cards.tsx";
import { Combobox, type ComboboxOption } from "../../components/ui/combobox.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { NumberField } from "../../components/ui/number-field.tsx";
import { PasswordField } from "../../components/ui/password-field.tsx";
import { SearchField } from "../../components/ui/search-field.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { SelectInput } from "../../components/ui/select-input.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { TextArea } from "../../components/ui/text-area.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { HttpProblem } from "../../lib/errors.ts";
import type { Specimens } from "../specimen.ts";

const TABLE_COUNT = 5000;

const TABLES: readonly ComboboxOption<string>[] = Array.from({ length: TABLE_COUNT }, (_, index) => ({
  value: `public.events_${index}`,
  label: `public.events_${index}`,
  detail: `${index * 10} rows`,
  icon: Database,
  disabledReason: index % 7 === 3 ? "no permission to read it" : undefined,
}));

const STATES = [
  { value: "all", label: "All states" },
  { value: "failed", label: "Failed" },
] as const;

/** What is filled in. */
export const fields: Specimens = {
  checkbox: CheckboxSpecimen,
  "choice-cards": ChoiceCardsSpecimen,
  combobox: ComboboxSpecimen,
  "form-error": () => (
    <FormError
      error={
        new HttpProblem({
          code: "CONNECTION_REFUSED",
          message: "The server refused the connection",
          hint: "Check host and port, and that the server is running.",
        })
      }
    />
  ),
  "number-field": NumberFieldSpecimen,
  "password-field": () => (
    <>
      <PasswordField label="Password" description="At least 8 characters." />
      <PasswordField label="Current password" error="This is not your password" defaultValue="correct horse" />
      <PasswordField label="Stored password" disabled defaultValue="unchanged" />
    </>
  ),
  "search-field": () => <SearchField label="Search pipelines" value="orders" onChange={() => undefined} />,
  "select-field": () => <SelectField label="State" value="all" options={STATES} onChange={() => undefined} />,
  "select-input": () => (
    <>
      <SelectInput label="Role" options={STATES} description="What the token may do." />
      <SelectInput label="Role, wrong" options={STATES} error="Choose a role" />
      <SelectInput label="Role, fixed" options={STATES} disabled />
    </>
  ),
  switch: SwitchSpecimen,
  "text-area": () => (
    <>
      <TextArea label="Description" placeholder="What it is for" />
      <TextArea label="Certificate" isMono error="This is no PEM certificate" defaultValue="-----BEGIN" />
    </>
  ),
  "text-field": () => (
    <>
      <TextField label="Name" description="Unique in the organization." placeholder="orders to warehouse" />
      <TextField label="Name, taken" error="The name is taken" defaultValue="orders" />
      <TextField label="Name, fixed" disabled defaultValue="orders" />
    </>
  ),
};

function CheckboxSpecimen() {
  const [isChecked, setIsChecked] = useState(true);
  return (
    <>
      <Checkbox label="Verify each run" isChecked={isChecked} onChange={setIsChecked} />
      <Checkbox label="Some of them" isChecked={false} isMixed onChange={() => undefined} />
      <Checkbox label="None" description="With a word about it." isChecked={false} onChange={() => undefined} />
      <Checkbox label="Not yours to change" isChecked isDisabled onChange={() => undefined} />
    </>
  );
}

function ChoiceCardsSpecimen() {
  const [mode, setMode] = useState<"replace" | "append" | "merge" | null>("replace");
  return (
    <div className="w-full">
      <ChoiceCards
        label="Write mode"
        columns={3}
        value={mode}
        onChange={setMode}
        options={[
          { value: "replace", title: "Replace", description: "Stage the whole table and swap it in.", icon: Replace },
          { value: "append", title: "Append", description: "Add the rows to what is there.", icon: SquarePlus },
          {
            value: "merge",
            title: "Merge",
            description: "Update rows by their key.",
            icon: Repeat,
            disabledReason: "The source table has no primary key.",
          },
        ]}
      />
    </div>
  );
}

function ComboboxSpecimen() {
  const [table, setTable] = useState<string | null>("public.events_12");
  return (
    <div className="grid w-full gap-4 sm:grid-cols-2">
      <Combobox
        label="Source table"
        description={`One of ${TABLE_COUNT}.`}
        value={table}
        options={TABLES}
        onChange={setTable}
        isClearable
      />
      <Combobox
        label="Empty"
        value={null}
        options={[]}
        isLoading
        error="Choose a table"
        placeholder="Choose a table"
        onChange={() => undefined}
      />
    </div>
  );
}

function NumberFieldSpecimen() {
  const [port, setPort] = useState<number | null>(5432);
  return (
    <>
      <NumberField label="Port" value={port} onChange={setPort} min={1} max={65_535} />
      <NumberField label="Port, wrong" value={null} onChange={setPort} error="Enter a port" />
      <NumberField label="Port, fixed" value={5432} onChange={setPort} isDisabled />
    </>
  );
}

function SwitchSpecimen() {
  const [isOn, setIsOn] = useState(true);
  return (
    <>
      <Switch label="Schedule" isOn={isOn} onChange={setIsOn} />
      <Switch label="Off" isOn={false} onChange={() => undefined} />
      <Switch label="Not yours" isOn isDisabled onChange={() => undefined} />
    </>
  );
}
