import cronstrue from "cronstrue";

/**
 * A schedule that is known to be valid as an English sentence, for example "At 02:30". In a file of its own, so that a browser
 * that only shows schedules loads nothing else for it.
 */
export function scheduleSentence(expression: string): string {
  return cronstrue.toString(expression.trim(), { use24HourTimeFormat: true });
}
