/** How much a benchmark does. Smaller numbers try whether it works; their figures mean nothing. */

/** Rounds behind a median: `BENCH_ROUNDS`, 5 unless told. */
export const rounds = wholeFrom("BENCH_ROUNDS", 5);

/** Worker processes that apply: `BENCH_WORKERS`, as many as the machine has cores for unless told. */
export const workerCount = wholeFrom("BENCH_WORKERS", 2);

/** Transfers that the grown ledger has before the first round: `BENCH_GROWN`. */
export const grownTransfers = wholeFrom("BENCH_GROWN", 5_000_000);

/** Payments that are compared with Stripe: `BENCH_PAYMENTS`. The simulator holds all of them in memory. */
export const comparedPayments = wholeFrom("BENCH_PAYMENTS", 100_000);

/** How long one side of a round lasts: `BENCH_SECONDS`, or what the benchmark takes by itself. */
export function roundSeconds(usual: number): number {
  return wholeFrom("BENCH_SECONDS", usual);
}

function wholeFrom(name: string, usual: number): number {
  const value = Number(process.env[name] ?? usual);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is a whole number from 1 on`);
  return value;
}
