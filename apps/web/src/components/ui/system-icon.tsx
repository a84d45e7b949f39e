import type { ConnectionType } from "@millrace/shared";
import { SYSTEMS } from "../../lib/systems.ts";

/** The kind of system behind a data source, where its name stands beside it. */
export function SystemIcon({ type }: { readonly type: ConnectionType }) {
  const { word, icon: Icon } = SYSTEMS[type];
  return (
    <span title={word} className="shrink-0">
      <Icon role="img" aria-label={word} className="size-3.5 text-ink-faint" />
    </span>
  );
}
