import type { BenchTarget, Contender } from "./contenders/contender.ts";
import { measure, type Measurement } from "./measure.ts";
import { printResults } from "./results.ts";

export interface BenchDestination {
  /** Nothing of the contender before is left, and its dirty pages are on disk. */
  readonly prepare: (contender: Contender) => Promise<void>;
  readonly countArrived: () => Promise<number>;
}

/**
 * Lets all that are installed copy the tables in turn, so that each meets the same disturbances, and prints how they did
 * beside the first.
 */
export async function compete(
  contenders: readonly Contender[],
  target: BenchTarget,
  rounds: number,
  destination: BenchDestination,
): Promise<void> {
  const installed = contenders.filter((contender) => {
    const isInstalled = contender.isInstalled();
    if (!isInstalled) console.log(`${contender.name}: not installed, left out`);
    return isInstalled;
  });
  const results = new Map<Contender, Measurement[]>(installed.map((contender) => [contender, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [contender, measurements] of results) {
      if (round > contender.maxRounds) continue;
      const { name } = contender;
      try {
        const measurement = await copyOnce(contender, target, destination);
        measurements.push(measurement);
        console.log(`round ${round}  ${name.padEnd(12)} ${measurement.wallSeconds.toFixed(2)} s`);
      } catch (error) {
        // The others are still worth comparing.
        results.delete(contender);
        process.exitCode = 1;
        console.error(`round ${round}  ${name.padEnd(12)} failed, left out from here on: ${String(error)}`);
      }
    }
  }
  printResults(results, target.rowCount);
}

async function copyOnce(
  contender: Contender,
  target: BenchTarget,
  { prepare, countArrived }: BenchDestination,
): Promise<Measurement> {
  await prepare(contender);
  const measurement = await measure(contender.command(target), target.serverPids);
  const arrived = await countArrived();
  if (arrived !== target.rowCount) throw new Error(`${arrived} rows arrived`);
  return measurement;
}
