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

/** The reverse: whatever is no text is left out. Starts with `?` unless it is empty. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string") parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
