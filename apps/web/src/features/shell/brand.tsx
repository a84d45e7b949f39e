/** The mark of the product and its name. */
export function Brand() {
  return (
    <span className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden className="size-6">
        <rect width="32" height="32" rx="7" className="fill-accent" />
        <g fill="none" strokeWidth="2.6" strokeLinecap="round" className="stroke-on-accent">
          <path d="M6 11c3.3-3 6.7-3 10 0s6.7 3 10 0" />
          <path d="M6 17c3.3-3 6.7-3 10 0s6.7 3 10 0" opacity=".75" />
          <path d="M6 23c3.3-3 6.7-3 10 0s6.7 3 10 0" opacity=".5" />
        </g>
      </svg>
      Millrace
    </span>
  );
}
