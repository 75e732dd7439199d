import type { Transaction } from "../types.js";
import { creditsIn } from "./refuse.js";

/** Credits that came in at once, in millionths, and where they are now. */
export interface FakeLot {
  readonly cause: Transaction["cause"];
  readonly isPaid: boolean;
  readonly granted: bigint;
  left: bigint;
  held: bigint;
}

type Part = { readonly lot: FakeLot; micro: bigint };

/**
 * The lots of a wallet, from its statement: given credits are spent before bought ones, and older ones first. What a hold
 * has set aside is of certain lots.
 */
export function lotsOf(lines: readonly Transaction[]): readonly FakeLot[] {
  const lots: FakeLot[] = [];
  const holds = new Map<string, Part[]>();
  let available = 0n;
  let held = 0n;
  for (const { kind, cause, holdId, balance } of lines) {
    const [availableNow, heldNow] = [creditsIn(balance.available), creditsIn(balance.held)];
    const gained = availableNow - available;
    if (kind === "hold") {
      const parts = take(lots, -gained);
      for (const { lot, micro } of parts) lot.held += micro;
      holds.set(holdId ?? "", parts);
    } else if (kind === "capture" || kind === "release")
      unhold(holds.get(holdId ?? "") ?? [], held - heldNow, kind === "release");
    else if (gained > 0n)
      lots.push({ cause, isPaid: kind === "purchase", granted: gained, left: gained, held: 0n });
    else take(lots, -gained);
    [available, held] = [availableNow, heldNow];
  }
  return lots;
}

function take(lots: readonly FakeLot[], amount: bigint): Part[] {
  const parts: Part[] = [];
  let rest = amount;
  for (const lot of [
    ...lots.filter((each) => !each.isPaid),
    ...lots.filter((each) => each.isPaid),
  ]) {
    const micro = lot.left < rest ? lot.left : rest;
    if (micro === 0n) continue;
    lot.left -= micro;
    rest -= micro;
    parts.push({ lot, micro });
  }
  return parts;
}

function unhold(parts: readonly Part[], amount: bigint, givesBack: boolean): void {
  let rest = amount;
  for (const part of parts) {
    const micro = part.micro < rest ? part.micro : rest;
    part.micro -= micro;
    rest -= micro;
    part.lot.held -= micro;
    if (givesBack) part.lot.left += micro;
  }
}
