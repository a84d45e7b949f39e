/** From the strongest to the weakest; each includes those after it. */
export const ROLES = ["owner", "admin", "editor", "operator", "viewer"] as const;

/**
 * Whether `actual` may do what asks for `required`. In a file without schemas, so that a page which only asks this loads none.
 */
export function hasRole(actual: (typeof ROLES)[number], required: (typeof ROLES)[number]): boolean {
  return ROLES.indexOf(actual) <= ROLES.indexOf(required);
}
