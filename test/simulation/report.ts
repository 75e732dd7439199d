import type { StormResult } from "./storm.js";

const shownMax = 25;

/** Whether a run held all that it was to hold. */
export function isClean({ violations, unreached, troubles }: StormResult): boolean {
  return violations.length + unreached.length + troubles.length === 0;
}

/** What a run did and found, for a person. */
export function reportOf(result: StormResult): string {
  const { seconds } = result;
  const durations = Object.entries(seconds).map(([name, each]) => `${name} ${each.toFixed(1)} s`);
  return [
    `## seed ${result.seed}, queue on ${result.backend}`,
    "",
    `${result.faultsStruck} faults; ${listOf(result.counts)}.`,
    durations.join(", "),
    "",
    listOf(Object.fromEntries([...result.tally.counts].sort())),
    "",
    ...section(
      "Applying went on after a killed part was ready again within",
      result.recoveries.map(
        ({ part, times, medianSeconds, maxSeconds }) =>
          `${part}: ${medianSeconds.toFixed(2)} s in the median, ${maxSeconds.toFixed(2)} s at most, of ${times}`,
      ),
    ),
    ...section("Never reached", result.unreached),
    ...section("Trouble", result.troubles),
    ...section(
      "Violations",
      result.violations.map(({ rule, what }) => `${rule}: ${what}`),
    ),
    isClean(result) ? "Nothing lost, nothing twice." : "This run FAILED.",
  ].join("\n");
}

/** The line for `docs/storm.md`. */
export function rowOf(result: StormResult): string {
  const { counts, seconds } = result;
  const cells = [
    result.seed,
    result.backend,
    (seconds.storm / 60).toFixed(1),
    result.faultsStruck,
    counts["acts"],
    counts["usage events"],
    counts["transfers"],
    counts["payments"],
    counts["acts without an answer"],
    seconds.heal.toFixed(0),
    result.violations.length,
    result.unreached.length + result.troubles.length,
  ];
  return `| ${cells.join(" | ")} |`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length - shownMax;
  const shown = lines.slice(0, shownMax).map((line) => `- ${line}`);
  return [`${title}:`, ...shown, ...(more > 0 ? [`- and ${more} more`] : []), ""];
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} × ${name}`)
    .join(", ");
}
