/** The looks of an input among others in a line, as high as a list of choices beside it. */
export const smallInputClass =
  "h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-xs text-ink placeholder:text-ink-faint aria-invalid:border-bad";
