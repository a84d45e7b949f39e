import type { ConnectionTestResult } from "@millrace/shared";
import { CircleCheck, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import { Status, type Tone } from "../../components/ui/status.tsx";

interface Verdict {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: string;
}

/** What a test comes to, in one word or two. */
export function verdictOf({ isOk, checks }: ConnectionTestResult): Verdict {
  if (!isOk) return { tone: "bad", icon: CircleX, word: "The test failed" };
  const warnings = checks.filter(({ status }) => status === "warning").length;
  if (warnings === 0) return { tone: "good", icon: CircleCheck, word: "The test passed" };
  const count = warnings === 1 ? "1 warning" : `${warnings} warnings`;
  return { tone: "warn", icon: TriangleAlert, word: `The test passed with ${count}` };
}

export function TestVerdict({ result }: { readonly result: ConnectionTestResult }) {
  return <Status {...verdictOf(result)} />;
}
