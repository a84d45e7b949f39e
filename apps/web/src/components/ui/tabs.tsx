import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef, ReactNode } from "react";
import { classNames } from "../../lib/class-names.ts";

/** Parts of one page, each at an address of its own, so that reload, back and sharing keep the part. Children are `TabLink`s. */
export function Tabs({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav aria-label={label} className="mb-5 flex gap-5 overflow-x-auto border-b border-line">
      {children}
    </nav>
  );
}

function TabAnchor({ className, ...anchor }: ComponentPropsWithRef<"a">) {
  return (
    <a
      {...anchor}
      className={classNames(
        "-mb-px shrink-0 rounded-t border-b-2 border-transparent px-0.5 pt-1 pb-2 text-sm font-medium whitespace-nowrap text-ink-soft hover:text-ink focus-visible:-outline-offset-2",
        "data-[status=active]:border-accent data-[status=active]:text-accent",
        className,
      )}
    />
  );
}

/** One part; takes the router's `to`, `params` and `search`, and `activeOptions` where a part's address begins another's. */
export const TabLink = createLink(TabAnchor);
