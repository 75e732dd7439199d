/** One line of `bench-results.json`. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The median over the rounds. */
  readonly value: number;
  /** The same of what the figure is compared with, measured in turn with it; `null` where there is nothing. */
  readonly baseline: number | null;
  /** `value / baseline` */
  readonly ratio: number | null;
  /** Rounds, runs or purchases behind the value. */
  readonly samples: number;
}

/** Measures one subject; may answer several figures. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  readonly run: (say: (line: string) => void) => Promise<readonly Figure[]>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest value that at least `share` of all values do not exceed; the mean of the middle two for a median. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("no value was measured");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  if (share === 0.5 && sorted.length % 2 === 0)
    return (at(sorted.length / 2 - 1) + at(sorted.length / 2)) / 2;
  return at(Math.max(0, Math.ceil(sorted.length * share) - 1));
}

/** A figure of rounds that were measured in turn: the medians, and their ratio. */
export function figure(
  name: string,
  unit: string,
  values: readonly number[],
  baselines: readonly number[] | null = null,
): Figure {
  const baseline = baselines === null ? null : median(baselines);
  return roundedFigure({ name, unit, value: median(values), baseline, samples: values.length });
}

export function roundedFigure(exact: Omit<Figure, "ratio">): Figure {
  const { name, unit, samples } = exact;
  const value = rounded(exact.value);
  const baseline = exact.baseline === null ? null : rounded(exact.baseline);
  const ratio = baseline === null || baseline === 0 ? null : rounded(value / baseline);
  return { name, unit, value, baseline, ratio, samples };
}

export function tableOf(figures: readonly Figure[]): string {
  const cells = figures.map(({ name, unit, value, baseline, ratio, samples }) => [
    name,
    shown(value),
    shown(baseline),
    shown(ratio),
    String(samples),
    unit,
  ]);
  const rows = [["figure", "value", "baseline", "ratio", "samples", "unit"], ...cells];
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 || column === 5 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
}

function shown(value: number | null): string {
  return value === null ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}
