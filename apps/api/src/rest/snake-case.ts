export const snakeCaseName = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Maps whose keys are a user's own words and no field names, and the values of what was changed. */
const OPAQUE = new Set(["options", "values"]);

/** Plain JSON with its field names in snake_case, as REST spells them; values stay as they are. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [snakeCaseName(name), OPAQUE.has(name) ? field : snakeCase(field)]),
  );
}
