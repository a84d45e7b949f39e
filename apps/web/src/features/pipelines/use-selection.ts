import type { PipelineSummary } from "@millrace/shared";
import { useCallback, useMemo, useState } from "react";

export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly ids: readonly string[];
  readonly select: (id: string, isSelected: boolean) => void;
  /** All that are loaded, or none. */
  readonly selectAll: (isSelected: boolean) => void;
  readonly replace: (ids: readonly string[]) => void;
}

/** Which pipelines of a list are selected. What is no longer in the list is not selected either. */
export function useSelection(pipelines: readonly PipelineSummary[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const ids = useMemo(
    () => (chosen.size === 0 ? [] : pipelines.flatMap(({ id }) => (chosen.has(id) ? [id] : []))),
    [chosen, pipelines],
  );
  const selected = useMemo<ReadonlySet<string>>(() => new Set(ids), [ids]);
  const select = useCallback((id: string, isSelected: boolean) => {
    setChosen((before) => {
      const after = new Set(before);
      if (isSelected) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  return {
    selected,
    ids,
    select,
    selectAll: (isSelected) => setChosen(new Set(isSelected ? pipelines.map(({ id }) => id) : [])),
    replace: useCallback((next) => setChosen(new Set(next)), []),
  };
}
