import { useSyncExternalStore } from "react";

const subscribe = (listener: () => void) => {
  document.addEventListener("visibilitychange", listener);
  return () => document.removeEventListener("visibilitychange", listener);
};

/**
 * Whether the tab is in sight. Streams rest while it is not: a browser keeps six connections to a server for all its tabs
 * together (HTTP/1.1), and forgotten tabs would leave none to the one in use.
 */
export const usePageVisible = (): boolean =>
  useSyncExternalStore(subscribe, () => document.visibilityState === "visible");
