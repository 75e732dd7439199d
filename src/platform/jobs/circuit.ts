import { assert } from "../../kernel/assert.js";

export interface CircuitOptions {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** How long it stays open at first; doubled with each failed trial, up to `openMaxMs`. */
  readonly openMs: number;
  readonly openMaxMs: number;
}

/** Spares callers the wait for something that has just failed several times. */
export interface Circuit {
  /** Whether to try now. While open, one caller per period is let through to find out. */
  allows(nowMs: number): boolean;
  succeeded(): void;
  failed(nowMs: number): void;
}

export function createCircuit({ failuresMax, openMs, openMaxMs }: CircuitOptions): Circuit {
  assert(failuresMax >= 1 && openMs >= 1 && openMaxMs >= openMs, "a circuit's bounds make sense");
  let failures = 0;
  let closedAgainAtMs = 0;
  const periodMs = (): number => Math.min(openMaxMs, openMs * 2 ** (failures - failuresMax));
  return {
    allows: (nowMs) => {
      if (failures < failuresMax) return true;
      if (nowMs < closedAgainAtMs) return false;
      closedAgainAtMs = nowMs + periodMs();
      return true;
    },
    succeeded: () => {
      failures = 0;
    },
    failed: (nowMs) => {
      failures = Math.min(failures + 1, failuresMax + 20);
      if (failures >= failuresMax) closedAgainAtMs = nowMs + periodMs();
    },
  };
}
