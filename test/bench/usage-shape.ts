import { randomInt } from "node:crypto";

/** What an event of the benchmarks looks like: one answer of a chat, priced by its tokens. */
export const modelNames = ["small", "large"] as const;

export function customerName(index: number): string {
  return `customer_${String(index).padStart(6, "0")}`;
}

/** Costs 0.2 to 25 credits. */
export function tokensOf(): Readonly<Record<string, number | string>> {
  return {
    model: modelNames[randomInt(modelNames.length)] ?? modelNames[0],
    inputTokens: randomInt(500, 2_000),
    outputTokens: randomInt(200, 2_000),
  };
}
