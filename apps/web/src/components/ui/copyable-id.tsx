import { Check, Copy } from "lucide-react";
import { useClipboard } from "../../lib/clipboard.ts";

export interface CopyableIdProps {
  readonly id: string;
  /** What it identifies: `Run id`. */
  readonly label: string;
  /** All of it rather than its first characters. */
  readonly isWhole?: boolean;
}

const SHOWN_CHARACTERS = 8;

/** An id, short until it is copied. */
export function CopyableId({ id, label, isWhole = false }: CopyableIdProps) {
  const { isCopied, copy } = useClipboard();
  const Icon = isCopied ? Check : Copy;
  return (
    <button
      type="button"
      title={`${label}: ${id}`}
      aria-label={`Copy ${label} ${id}`}
      onClick={() => void copy(id)}
      className="group inline-flex max-w-full items-center gap-1.5 rounded font-mono text-xs text-ink-soft hover:text-ink"
    >
      <span className="truncate">{isWhole ? id : id.slice(0, SHOWN_CHARACTERS)}</span>
      <Icon aria-hidden className="size-3 shrink-0 text-ink-faint group-hover:text-ink" />
      <span aria-live="polite" className="sr-only">
        {isCopied ? "Copied" : ""}
      </span>
    </button>
  );
}
