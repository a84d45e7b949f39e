import { expect, it } from "vitest";
import { startInSentence } from "./run-circumstances.tsx";

it.each([
  ["manual", "Ada Miller", "by hand by Ada Miller"],
  ["api", "Ada Miller (token ci)", "through the API by Ada Miller (token ci)"],
  ["retry", "Ada Miller", "as a retry by Ada Miller"],
  ["verify", "Ada Miller", "by Ada Miller to verify"],
  ["repair", "Ada Miller", "by Ada Miller to repair rows"],
  ["undo", null, "to undo another run"],
  ["schedule", "Ada Miller", "by the schedule"],
] as const)("a run that was started by %s of %s reads: started %s", (trigger, triggeredByName, sentence) => {
  expect(startInSentence({ trigger, triggeredByName })).toBe(sentence);
});
