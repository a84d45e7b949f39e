import { classNames } from "../../lib/class-names.ts";

/** The place of something that is being loaded. Its size comes with `className`. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <span aria-hidden className={classNames("block animate-pulse rounded bg-line/70", className)} />;
}
