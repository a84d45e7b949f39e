import { type LucideIcon, Minus, PencilLine, Plus } from "lucide-react";

/** In the order in which they are shown. */
export const CHANGE_KINDS = ["inserted", "updated", "deleted"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

interface ChangeLook {
  readonly icon: LucideIcon;
  readonly ink: string;
  readonly word: string;
}

export const CHANGE_LOOKS: Record<ChangeKind, ChangeLook> = {
  inserted: { icon: Plus, ink: "text-good", word: "Inserted" },
  updated: { icon: PencilLine, ink: "text-accent", word: "Updated" },
  deleted: { icon: Minus, ink: "text-bad", word: "Deleted" },
};
