/** Joins the class names that are there. Later ones do not undo earlier ones: a component takes what it lets others change. */
export function classNames(...names: readonly (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
