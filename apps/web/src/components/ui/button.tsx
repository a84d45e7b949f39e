import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentPropsWithRef } from "react";
import { classNames } from "../../lib/class-names.ts";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";
export type ButtonSize = "small" | "medium";

const VARIANTS: Record<ButtonVariant, string> = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border-line-strong/60 bg-surface text-ink shadow-raised hover:bg-hover",
  quiet: "border-transparent text-ink-soft hover:bg-hover hover:text-ink",
  danger: "border-bad/50 bg-surface text-bad hover:bg-bad-wash hover:text-bad-strong",
};

const SIZES: Record<ButtonSize, string> = {
  small: "h-7 gap-1.5 px-2.5 text-xs",
  medium: "h-8 gap-2 px-3 text-sm",
};

/** The looks of a button, for links that lead to where a button would. */
export function buttonClass(variant: ButtonVariant = "secondary", size: ButtonSize = "medium"): string {
  return classNames(
    "inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:opacity-60 aria-disabled:cursor-default",
    VARIANTS[variant],
    SIZES[size],
  );
}

export interface ButtonProps extends ComponentPropsWithRef<"button"> {
  readonly variant?: ButtonVariant;
  readonly size?: ButtonSize;
  readonly icon?: LucideIcon;
  /** Work that this button started is under way: it keeps the focus, shows it, and takes no further press. */
  readonly isBusy?: boolean;
}

/** A button that never submits a form unless `type` says so. */
export function Button(props: ButtonProps) {
  const { variant, size, icon: Icon, isBusy = false, children, className, onClick, type = "button", ...rest } = props;
  const Shown = isBusy ? LoaderCircle : Icon;
  return (
    <button
      {...rest}
      type={isBusy ? "button" : type}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? undefined : onClick}
      className={classNames(buttonClass(variant, size), className)}
    >
      {Shown && <Shown aria-hidden className={classNames("size-3.5", isBusy && "animate-spin")} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "icon" | "children"> {
  readonly icon: LucideIcon;
  /** What it does, for screen readers and on hover. */
  readonly label: string;
}

/** A square button of an icon alone. */
export function IconButton({ label, className, ...rest }: IconButtonProps) {
  return (
    <Button
      variant="quiet"
      {...rest}
      aria-label={label}
      title={label}
      className={classNames("!w-8 !px-0", className)}
    />
  );
}
