import type { ConnectionCheck } from "@millrace/shared";
import { CircleCheck, CircleMinus, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import { classNames } from "../../lib/class-names.ts";

const LOOKS: Record<ConnectionCheck["status"], { readonly icon: LucideIcon; readonly mark: string; word: string }> = {
  passed: { icon: CircleCheck, mark: "text-good", word: "Passed" },
  warning: { icon: TriangleAlert, mark: "text-warn", word: "Warning" },
  failed: { icon: CircleX, mark: "text-bad", word: "Failed" },
  skipped: { icon: CircleMinus, mark: "text-ink-faint", word: "Skipped" },
};

const MESSAGES: Record<ConnectionCheck["status"], string | undefined> = {
  passed: undefined,
  warning: "text-ink",
  failed: "text-bad",
  skipped: "text-ink-faint",
};

/** The checks of a connection in their order, each with what was found and what to do about it. */
export function CheckList({ checks }: { readonly checks: readonly ConnectionCheck[] }) {
  return (
    <ul aria-label="Checks" className="divide-y divide-line">
      {checks.map(({ name, status, message, hint, code }) => {
        const { icon: Icon, mark, word } = LOOKS[status];
        return (
          <li key={name} className="flex gap-2.5 py-2 first:pt-0 last:pb-0">
            <Icon role="img" aria-label={word} className={classNames("mt-0.5 size-4 shrink-0", mark)} />
            <div className="grid min-w-0 flex-1 grid-cols-[4.75rem_minmax(0,1fr)] gap-x-2 text-sm">
              <span className="font-medium">{name}</span>
              <div className="break-words text-ink-soft">
                <p className={MESSAGES[status]}>{message}</p>
                {hint !== null && <p className="mt-0.5">{hint}</p>}
                {code !== null && <p className="mt-0.5 font-mono text-2xs text-ink-faint">{code}</p>}
              </div>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
