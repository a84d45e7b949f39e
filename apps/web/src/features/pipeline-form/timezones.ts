import type { ComboboxOption } from "../../components/ui/combobox.tsx";

/** Every zone that the browser knows with its offset now, and `chosen` whether it knows it or not. UTC, which the list leaves out, comes first. */
export function timezoneOptions(chosen: string, now: Date): ComboboxOption<string>[] {
  const names = new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), chosen]);
  return [...names].map((name) => ({ value: name, label: name, detail: offsetOf(name, now) }));
}

function offsetOf(timeZone: string, now: Date): string | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" }).formatToParts(now);
    return parts.find(({ type }) => type === "timeZoneName")?.value.replace("GMT", "UTC");
  } catch {
    return undefined;
  }
}
