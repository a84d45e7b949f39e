import type { DifferenceKind } from "@millrace/shared";
import { CircleMinus, CirclePlus, type LucideIcon, PencilLine } from "lucide-react";

interface KindWords {
  readonly icon: LucideIcon;
  /** How a row differs. */
  readonly word: string;
  /** The kind as a choice. */
  readonly label: string;
}

/** In the order in which they are shown. */
export const DIFFERENCE_KINDS: Record<DifferenceKind, KindWords> = {
  different: { icon: PencilLine, word: "Other values", label: "Other values" },
  missing: { icon: CircleMinus, word: "Missing at the destination", label: "Missing" },
  unexpected: { icon: CirclePlus, word: "Only at the destination", label: "Only there" },
};
