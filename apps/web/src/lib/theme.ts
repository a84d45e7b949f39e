import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";

/** Read by `public/theme.js` before the first paint. */
const STORAGE_KEY = "millrace.theme";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let chosen: Theme = read();

function read(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

function apply(): void {
  const isDark = chosen === "dark" || (chosen === "system" && systemIsDark.matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

systemIsDark.addEventListener("change", apply);
// Another tab's choice holds here as well.
addEventListener("storage", (event) => {
  if (event.key !== STORAGE_KEY) return;
  chosen = read();
  apply();
});

/** Takes effect at once and is remembered where the browser allows it. */
export function chooseTheme(theme: Theme): void {
  chosen = theme;
  try {
    if (theme === "system") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** What the user chose. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, () => chosen);

/** What is shown. */
export const useShownTheme = (): "light" | "dark" =>
  useSyncExternalStore(subscribe, () => (document.documentElement.dataset["theme"] === "dark" ? "dark" : "light"));
