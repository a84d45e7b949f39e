import { type ColumnTransform, type Mapping, PLAIN_CAST_TYPES } from "@millrace/shared";
import { Trash2, TriangleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Button } from "../../components/ui/button.tsx";
import { SelectField } from "../../components/ui/select-field.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { Cell, Row } from "../../components/ui/table.tsx";
import { smallInputClass } from "./small-input.ts";
import { type MappingLine, newTransform, TRANSFORM_WORDS, withIncluded, without, withLine } from "./mapping-edit.ts";

const KINDS = [
  "keep",
  "cast",
  "partial",
  "redact",
  "hmac",
  "hash",
] as const satisfies readonly ColumnTransform["kind"][];

export interface MappingRowProps {
  readonly line: MappingLine;
  /** The column's type in the source, where it is known. */
  readonly type: string | null;
  readonly refusal: string | null;
  readonly mapping: Mapping;
  readonly onChange: (mapping: Mapping) => void;
}

/** One column: whether it arrives, under which name, and as what. */
export function MappingRow({ line, type, refusal, mapping, onChange }: MappingRowProps) {
  const errorId = useId();
  const { source, name, transform, isIncluded } = line;
  const shown = source ?? `the constant ${name}`;
  const set = (next: ColumnTransform) => onChange(withLine(mapping, line, { transform: next }));
  return (
    <Row>
      <Cell isTitle className="col-span-2">
        {source === null ? (
          <span className="text-xs text-ink-soft">Constant</span>
        ) : (
          <span className="flex items-center gap-2.5">
            <Switch
              label={`Include ${source}`}
              isLabelHidden
              isOn={isIncluded}
              onChange={(isOn) => onChange(withIncluded(mapping, line, isOn))}
            />
            <span className="min-w-0">
              <code className="block font-mono text-xs break-all">{source}</code>
              {type !== null && <code className="block font-mono text-xs text-ink-faint">{type}</code>}
            </span>
          </span>
        )}
      </Cell>
      <Cell label="Name">
        {isIncluded ? (
          <>
            <input
              aria-label={`Name of ${shown} at the destination`}
              aria-invalid={refusal !== null || undefined}
              aria-describedby={refusal === null ? undefined : errorId}
              value={name}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => onChange(withLine(mapping, line, { name: event.target.value }))}
              className={`${smallInputClass} w-full font-mono`}
            />
            {refusal !== null && (
              <p id={errorId} className="mt-1 flex items-start gap-1.5 text-xs font-medium text-bad">
                <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
                {refusal}
              </p>
            )}
          </>
        ) : (
          <span className="text-xs text-ink-faint">left out</span>
        )}
      </Cell>
      <Cell {...(isIncluded && { label: "Values" })}>
        {isIncluded && source !== null && (
          <SelectField
            label={`What becomes of ${shown}`}
            value={transform.kind}
            options={KINDS.map((kind) => ({ value: kind as ColumnTransform["kind"], label: TRANSFORM_WORDS[kind] }))}
            onChange={(kind) => set(newTransform(kind))}
          />
        )}
        {isIncluded && source === null && <span className="text-xs text-ink-soft">the same for every row</span>}
      </Cell>
      <Cell className="col-span-2">
        <div className="flex flex-wrap items-center gap-2 empty:hidden">
          {isIncluded && <TransformOptions shown={shown} transform={transform} onChange={set} />}
          {source === null && (
            <Button
              size="small"
              variant="quiet"
              icon={Trash2}
              aria-label={`Remove ${shown}`}
              onClick={() => onChange(without(mapping, line))}
            />
          )}
        </div>
      </Cell>
    </Row>
  );
}

interface TransformOptionsProps {
  readonly shown: string;
  readonly transform: ColumnTransform;
  readonly onChange: (transform: ColumnTransform) => void;
}

function TransformOptions({ shown, transform, onChange }: TransformOptionsProps): ReactNode {
  switch (transform.kind) {
    case "keep":
    case "hash":
      return null;
    case "hmac":
      return (
        <span className="text-xs text-ink-faint">Equal values stay equal; the pipeline has a key of its own.</span>
      );
    case "cast":
      return (
        <TypeInput
          label={`Type of ${shown}`}
          value={transform.type}
          onChange={(type) => onChange({ ...transform, type })}
        />
      );
    case "redact":
      return (
        <Input
          label={`Text in place of ${shown}`}
          value={transform.text}
          onChange={(text) => onChange({ ...transform, text })}
        />
      );
    case "constant":
      return (
        <>
          <Input
            label={`Value of ${shown}`}
            value={transform.value ?? ""}
            onChange={(value) => onChange({ ...transform, value })}
          />
          <TypeInput
            label={`Type of ${shown}`}
            value={transform.type}
            onChange={(type) => onChange({ ...transform, type })}
          />
        </>
      );
    case "partial":
      return (
        <>
          <CountInput
            label="first"
            of={shown}
            value={transform.first}
            onChange={(first) => onChange({ ...transform, first })}
          />
          <CountInput
            label="last"
            of={shown}
            value={transform.last}
            onChange={(last) => onChange({ ...transform, last })}
          />
        </>
      );
  }
}

interface InputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const Input = ({ label, value, onChange }: InputProps) => (
  <input
    aria-label={label}
    value={value}
    onChange={(event) => onChange(event.target.value)}
    className={`${smallInputClass} w-44`}
  />
);

/** One of the types, or one with a length or precision behind it. */
function TypeInput({ label, value, onChange }: InputProps) {
  const listId = useId();
  return (
    <>
      <input
        aria-label={label}
        list={listId}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        className={`${smallInputClass} w-52 font-mono`}
      />
      <datalist id={listId}>
        {PLAIN_CAST_TYPES.map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
    </>
  );
}

interface CountInputProps {
  readonly label: string;
  readonly of: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const CountInput = ({ label, of, value, onChange }: CountInputProps) => (
  <label className="flex items-center gap-1.5 text-xs text-ink-soft">
    {label}
    <input
      type="number"
      min={0}
      max={100}
      aria-label={`How many of the ${label} characters of ${of} stay`}
      value={value}
      onChange={(event) => onChange(Math.max(0, Math.min(100, Math.trunc(Number(event.target.value) || 0))))}
      className={`${smallInputClass} w-16`}
    />
  </label>
);
