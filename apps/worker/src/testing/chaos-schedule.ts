/** What a kill hits. Backends are those of Millrace's sessions, nobody else's. */
export const CHAOS_TARGETS = [
  "worker",
  "run-process",
  "source-backend",
  "destination-backend",
  "source-server",
  "destination-server",
] as const;
export type ChaosTarget = (typeof CHAOS_TARGETS)[number];

export interface ChaosKill {
  /** After the kill before, or the beginning. */
  readonly delayMs: number;
  readonly target: ChaosTarget;
  /** From 0 to 1: which one of those that there are. */
  readonly pick: number;
}

/** Long enough for a run to get somewhere, short enough to hit each of its stages. */
const MIN_DELAY_MS = 300;
const MAX_DELAY_MS = 2500;

/** The same kills at the same instants for the same seed. */
export function chaosSchedule(seed: number, kills: number, targets: readonly ChaosTarget[]): ChaosKill[] {
  const random = randomFrom(seed);
  return Array.from({ length: kills }, () => ({
    delayMs: Math.round(MIN_DELAY_MS + random() * (MAX_DELAY_MS - MIN_DELAY_MS)),
    target: targets[Math.floor(random() * targets.length)] as ChaosTarget,
    pick: random(),
  }));
}

/** Mulberry32, public domain, by Tommy Ettinger: good enough to choose by, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
