import { useCallback, useMemo, useState } from "react";
import { changedFields, type Draft, type DraftField, withConsequences } from "./draft.ts";
import { forgetChanges, keepChanges, keptChanges } from "./kept-changes.ts";
import { policiesFor } from "./policies.ts";

/** Another write mode leaves policies behind which it has no use for; back at the one before, they are as they were. */
const withOwnPolicies = (draft: Draft, changes: Partial<Draft>): Draft =>
  changes.writeMode === undefined ? draft : { ...draft, policies: policiesFor(draft.writeMode, draft.policies) };

export interface DraftState {
  /** The pipeline as it would be saved. */
  readonly draft: Draft;
  /** What was changed by hand. */
  readonly changes: Partial<Draft>;
  /** Where that differs from what the form started from, in the order of the form. */
  readonly changed: readonly DraftField[];
  readonly change: (fields: Partial<Draft>) => void;
  /** For whoever leaves for good: the next form starts anew, while this one keeps its state until it is gone from the page. */
  readonly forget: () => void;
}

/**
 * The changes of a form on top of what it started from, kept in this tab so that a reload loses none. `baseline` may change
 * underneath: only what was changed by hand stays.
 */
export function useDraft(key: string, baseline: Draft): DraftState {
  const [changes, setChanges] = useState<Partial<Draft>>(() => keptChanges(key));
  const draft = useMemo(() => withOwnPolicies({ ...baseline, ...changes }, changes), [baseline, changes]);
  const change = useCallback(
    (fields: Partial<Draft>) => {
      setChanges((before) => {
        const after = { ...before, ...withConsequences({ ...baseline, ...before }, fields) };
        keepChanges(key, after);
        return after;
      });
    },
    [key, baseline],
  );
  const forget = useCallback(() => forgetChanges(key), [key]);
  return { draft, changes, changed: changedFields(baseline, draft), change, forget };
}
