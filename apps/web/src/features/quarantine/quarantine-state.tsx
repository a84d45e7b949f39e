import type { QuarantinedRow, QuarantineState } from "@millrace/shared";
import { CircleCheck, CircleSlash, LoaderCircle, type LucideIcon, PackageX } from "lucide-react";
import { Status, type Tone } from "../../components/ui/status.tsx";

export const STATE_WORDS: Record<
  QuarantineState,
  { readonly icon: LucideIcon; readonly word: string; readonly tone: Tone }
> = {
  held: { icon: PackageX, word: "Held", tone: "warn" },
  replayed: { icon: CircleCheck, word: "Replayed", tone: "good" },
  discarded: { icon: CircleSlash, word: "Discarded", tone: "neutral" },
};

/** What became of a row that was set aside. */
export function RowState({ row }: { readonly row: Pick<QuarantinedRow, "state" | "isReplaying"> }) {
  if (row.isReplaying) return <Status tone="accent" icon={LoaderCircle} word="Being replayed" isSpinning />;
  const { icon, word, tone } = STATE_WORDS[row.state];
  return <Status tone={tone} icon={icon} word={word} />;
}
