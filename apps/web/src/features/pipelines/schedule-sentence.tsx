import { useSyncExternalStore } from "react";

type Words = (schedule: string) => string;

/** The words for schedules, loaded once for the page when the first is shown; sentences are computed once for each expression. */
class ScheduleWords {
  readonly #listeners = new Set<() => void>();
  readonly #sentences = new Map<string, string>();
  #words: Words | undefined;
  #isLoading = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (!this.#isLoading) void this.#load();
    return () => void this.#listeners.delete(listener);
  };

  readonly read = (): Words | undefined => this.#words;

  async #load(): Promise<void> {
    this.#isLoading = true;
    try {
      const { scheduleSentence } = await import("./schedule-words.ts");
      this.#words = (schedule) => {
        const known = this.#sentences.get(schedule) ?? scheduleSentence(schedule);
        this.#sentences.set(schedule, known);
        return known;
      };
      for (const listener of this.#listeners) listener();
    } catch {
      // Expressions are shown as they are; the next one that appears tries again.
      this.#isLoading = false;
    }
  }
}

const WORDS = new ScheduleWords();

export interface ScheduleSentenceProps {
  readonly schedule: string | null;
  readonly timezone: string;
  /** Whether the schedule is on. */
  readonly isEnabled: boolean;
}

/** When a pipeline runs, in words; the expression itself on hover, and until the words are loaded. */
export function ScheduleSentence({ schedule, timezone, isEnabled }: ScheduleSentenceProps) {
  const words = useSyncExternalStore(WORDS.subscribe, WORDS.read);
  if (schedule === null) return <span className="text-ink-faint">By hand</span>;
  return (
    <span title={`${schedule} (${timezone})`} className={isEnabled ? undefined : "text-ink-faint"}>
      {words?.(schedule) ?? <code className="font-mono text-xs">{schedule}</code>}
      {timezone !== "UTC" && <span className="text-ink-faint"> {timezone}</span>}
      {!isEnabled && <span className="text-ink-faint"> (off)</span>}
    </span>
  );
}
