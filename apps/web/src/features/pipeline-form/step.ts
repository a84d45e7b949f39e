import type { Draft, Faults } from "./draft.ts";

/** What every step of the form is given. */
export interface StepProps {
  readonly draft: Draft;
  readonly change: (fields: Partial<Draft>) => void;
  /** Empty until somebody has tried to go on, or the server has refused. */
  readonly faults: Faults;
}
