import type { ConnectionType } from "@millrace/shared";
import { SYSTEMS } from "../../lib/systems.ts";

/** What kind of system a data source is. */
export function ConnectorKind({ type }: { readonly type: ConnectionType }) {
  const { word, icon: Icon } = SYSTEMS[type];
  return (
    <span className="inline-flex items-center gap-1.5 align-middle whitespace-nowrap">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />
      {word}
    </span>
  );
}
