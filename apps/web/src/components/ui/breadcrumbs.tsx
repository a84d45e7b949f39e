import { ChevronRight } from "lucide-react";
import { Children, type ReactNode } from "react";

/** The way to this page; each child is a link, and the last one is the page itself. */
export function Breadcrumbs({ children }: { readonly children: ReactNode }) {
  return (
    <nav aria-label="Breadcrumbs" className="mb-2 text-xs text-ink-soft">
      <ol className="flex flex-wrap items-center gap-1">
        {Children.toArray(children).map((crumb, index) => (
          <li key={index} className="flex max-w-full items-center gap-1">
            {index > 0 && <ChevronRight aria-hidden className="size-3 shrink-0 text-ink-faint" />}
            <span className="truncate [&>a:hover]:underline [&>a]:rounded-sm">{crumb}</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}
