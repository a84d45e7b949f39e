import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly title: string;
  readonly description: string;
  readonly icon?: LucideIcon;
  /** Why it cannot be chosen; shown in place of the description. */
  readonly disabledReason?: string | undefined;
}

export interface ChoiceCardsProps<Value extends string> {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly value: Value | null;
  readonly options: readonly Choice<Value>[];
  readonly onChange: (value: Value) => void;
  readonly error?: string | undefined;
  /** How many stand side by side where there is room. */
  readonly columns?: 1 | 2 | 3;
}

const COLUMNS = { 1: "", 2: "@lg:grid-cols-2", 3: "@lg:grid-cols-2 @3xl:grid-cols-3" };

/** A choice of one among few whose difference wants a sentence each. */
export function ChoiceCards<Value extends string>(props: ChoiceCardsProps<Value>) {
  const { label, isLabelHidden = false, value, options, onChange, error, columns = 1 } = props;
  const labelId = useId();
  const errorId = useId();
  return (
    <div className="@container">
      <p id={labelId} className={isLabelHidden ? "sr-only" : "mb-1.5 text-sm font-medium"}>
        {label}
      </p>
      <RadioGroup<Value | null>
        value={value}
        onValueChange={(next) => next !== null && onChange(next)}
        aria-labelledby={labelId}
        aria-describedby={error ? errorId : undefined}
        className={classNames("grid gap-2", COLUMNS[columns])}
      >
        {options.map((option) => (
          <Card key={option.value} {...option} isInvalid={error !== undefined} />
        ))}
      </RadioGroup>
      {error && (
        <p id={errorId} className="mt-1 text-xs font-medium text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

interface CardProps<Value extends string> extends Choice<Value> {
  readonly isInvalid: boolean;
}

function Card<Value extends string>(props: CardProps<Value>) {
  const { value, title, description, icon: Icon, disabledReason, isInvalid } = props;
  const titleId = useId();
  const descriptionId = useId();
  const isDisabled = disabledReason !== undefined;
  return (
    <label
      className={classNames(
        "flex gap-3 rounded-lg border bg-surface p-3",
        isInvalid ? "border-bad" : "border-line-strong/60",
        "has-data-checked:border-accent has-data-checked:bg-accent-wash",
        isDisabled ? "bg-sunken" : "cursor-pointer hover:border-line-strong",
      )}
    >
      <Radio.Root
        value={value}
        disabled={isDisabled}
        aria-labelledby={titleId}
        aria-describedby={descriptionId}
        className="mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border border-line-strong bg-surface data-checked:border-accent data-disabled:opacity-60"
      >
        <Radio.Indicator className="size-2 rounded-full bg-accent" />
      </Radio.Root>
      <span className="min-w-0 flex-1">
        <span id={titleId} className={classNames("block text-sm font-medium", isDisabled && "text-ink-soft")}>
          {title}
        </span>
        <span id={descriptionId} className="mt-0.5 block text-xs text-ink-soft">
          {disabledReason ?? description}
        </span>
      </span>
      {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />}
    </label>
  );
}
