import { useEffect, useState } from "react";

const PAUSE_MS = 350;

/** A value that follows its own changes once they have paused, for what is asked of the server while somebody types. */
export function usePaused<Value>(value: Value): Value {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
