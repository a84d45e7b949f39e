/**
 * Search parameters as the text that they are. The router's own reading guesses at numbers and JSON, which makes a number of
 * a token of digits and of a search for `2024`; each route's schema says what its parameters mean.
 */
export const parseSearch = (search: string): Record<string, string> => Object.fromEntries(new URLSearchParams(search));

/** A parameter that is free text; nothing where it is empty or longer than anybody means it. */
export function textParam(value: unknown, maxLength: number): string | undefined {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" || text.length > maxLength ? undefined : text;
}

/** A parameter that is one of a few words; nothing where it is any other. */
export function choiceParam<Choice extends string>(value: unknown, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === value);
}

/** A parameter that is a whole number from 1 on; nothing where it is any other. */
export function numberParam(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The reverse: whatever is neither text nor a number is left out. Starts with `?` unless it is empty. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" || typeof value === "number") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
