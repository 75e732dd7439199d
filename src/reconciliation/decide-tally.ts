import { type Counts, countNames, type SumName, sumNames, type Sums } from "./rules.js";

export function addCounts(a: Counts, b: Counts): Counts {
  const sum = { ...a };
  for (const name of countNames) {
    const more = b[name] ?? 0;
    if (more !== 0) sum[name] = (sum[name] ?? 0) + more;
  }
  return sum;
}

export function addSums(a: Sums, b: Sums): Sums {
  const sum = { ...a };
  for (const [currency, more] of Object.entries(b)) {
    const ofCurrency = { ...sum[currency] };
    for (const name of sumNames) {
      const amount = more[name] ?? 0n;
      if (amount !== 0n) ofCurrency[name] = (ofCurrency[name] ?? 0n) + amount;
    }
    sum[currency] = ofCurrency;
  }
  return sum;
}

/** One amount as sums, to be added up. */
export function sumOf(currency: string, name: SumName, amountMinor: bigint): Sums {
  return { [currency]: { [name]: amountMinor } };
}
