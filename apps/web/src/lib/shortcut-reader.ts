/** A key or two after each other, as `KeyboardEvent.key` names them: `?`, `g p`. */
export type Shortcut = string;

/** The second key of a sequence comes within this time, or the first is forgotten. */
const SEQUENCE_MS = 1500;

/** Recognizes shortcuts in the keys that are pressed: idle -> (first key of a sequence) -> shortcut, or idle again. */
export class ShortcutReader {
  readonly #shortcuts: ReadonlySet<Shortcut>;
  #first: { readonly key: string; readonly atMs: number } | null = null;

  constructor(shortcuts: Iterable<Shortcut>) {
    this.#shortcuts = new Set(shortcuts);
  }

  /** The shortcut that this key completes, or null. */
  read(key: string, atMs: number): Shortcut | null {
    const first = this.#first;
    this.#first = null;
    if (first && atMs - first.atMs <= SEQUENCE_MS) {
      const sequence = `${first.key} ${key}`;
      if (this.#shortcuts.has(sequence)) return sequence;
    }
    if (this.#shortcuts.has(key)) return key;
    this.#first = { key, atMs };
    return null;
  }

  /** Whatever was begun is forgotten. */
  reset(): void {
    this.#first = null;
  }
}
