import { Switch as BaseSwitch } from "@base-ui/react/switch";

export interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  /** Where what stands beside it says the same, as in a row of a table. */
  readonly isLabelHidden?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** On or off, with its label beside it. */
export function Switch({ label, isOn, isDisabled = false, isLabelHidden = false, onChange }: SwitchProps) {
  return (
    <label className="flex items-center gap-2 text-sm font-medium text-ink-soft select-none">
      <BaseSwitch.Root
        checked={isOn}
        disabled={isDisabled}
        onCheckedChange={(checked) => onChange(checked)}
        className="relative inline-flex h-5 w-9 rounded-full border border-line-strong bg-sunken p-0.5 transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-60"
      >
        <BaseSwitch.Thumb className="size-3.5 rounded-full bg-ink-soft transition-transform data-checked:translate-x-4 data-checked:bg-on-accent" />
      </BaseSwitch.Root>
      <span className={isLabelHidden ? "sr-only" : undefined}>{label}</span>
    </label>
  );
}
