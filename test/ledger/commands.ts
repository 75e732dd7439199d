import fc from "fast-check";
import { type Credits, micro } from "../../src/kernel/credits.js";
import {
  type ApiKeyId,
  type HoldId,
  newId,
  type PurchaseId,
  type WalletId,
} from "../../src/kernel/ids.js";
import { refuse, type Verdict } from "../../src/kernel/verdict.js";
import type { Cause, OverCapture, Posting } from "../../src/ledger/decide.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideCapture, decideHold, decideRelease } from "../../src/ledger/decide-hold.js";
import { decideSpend, type ShortfallPolicy } from "../../src/ledger/decide-spend.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import { byOperator } from "../support/ledger.js";
import { amounts } from "./ledger-arbitraries.js";
import {
  type OrderedReturn,
  type ReturnAct,
  returnActs,
  returning,
  returnOf,
  type Sold,
} from "./returns.js";

/** What can be asked of a wallet. `pick` chooses among the holds that were asked for before. */
export type Act =
  | { readonly type: "spend"; readonly amount: Credits; readonly policy: ShortfallPolicy }
  | {
      readonly type: "hold";
      readonly amount: Credits;
      readonly lifeMs: number;
      readonly overCapture: OverCapture;
    }
  | {
      readonly type: "capture";
      readonly pick: number;
      readonly amount: Credits;
      readonly close: boolean;
      readonly byUsage: boolean;
    }
  | { readonly type: "release" | "expireHold"; readonly pick: number }
  | {
      readonly type: "grant";
      readonly amount: Credits;
      readonly bought: boolean;
      readonly lifeMs: number | null;
    }
  | { readonly type: "withdrawal"; readonly amount: Credits }
  | ReturnAct;

export interface Command {
  readonly wallet: number;
  readonly key: number | null;
  readonly act: Act;
}

export const walletsMax = 3;
export const keysMax = 2;
export const openHoldsMax = 2;

const policies: fc.Arbitrary<ShortfallPolicy> = fc.oneof(
  fc.constant<ShortfallPolicy>({ policy: "reject" }),
  fc.constant<ShortfallPolicy>({ policy: "upToAvailable" }),
  fc.record({ policy: fc.constant("debt" as const), limit: amounts }),
);
const pick = fc.nat({ max: 3 });
const amountsOrNothing = fc.bigInt({ min: 0n, max: 40n }).map(micro);

/** `lives` are what lots and holds live, in milliseconds: the clock of a test decides which it outlasts. */
export function actsThatLast(lives: readonly number[]): fc.Arbitrary<Act> {
  const life = fc.constantFrom(...lives);
  return fc.oneof(
    fc.record({
      type: fc.constant("grant" as const),
      amount: fc.bigInt({ min: 1n, max: 200n }).map(micro),
      bought: fc.boolean(),
      lifeMs: fc.option(life, { nil: null }),
    }),
    fc.record({ type: fc.constant("spend" as const), amount: amountsOrNothing, policy: policies }),
    fc.record({
      type: fc.constant("hold" as const),
      amount: amounts,
      lifeMs: life,
      overCapture: fc.constantFrom<OverCapture>("reject", "upToAvailable"),
    }),
    fc.record({
      type: fc.constant("capture" as const),
      pick,
      amount: amountsOrNothing,
      close: fc.boolean(),
      byUsage: fc.boolean(),
    }),
    fc.record({ type: fc.constantFrom("release" as const, "expireHold" as const), pick }),
    fc.record({ type: fc.constant("withdrawal" as const), amount: amounts }),
  );
}

/** The same, and purchases whose money goes back and forth. */
export const actsWithReversals = (lives: readonly number[]): fc.Arbitrary<Act> =>
  fc.oneof({ weight: 2, arbitrary: actsThatLast(lives) }, { weight: 1, arbitrary: returnActs });

export const commandsOf = (acts: fc.Arbitrary<Act>): fc.Arbitrary<Command> =>
  fc.record({
    wallet: fc.nat({ max: walletsMax - 1 }),
    key: fc.option(fc.nat({ max: keysMax - 1 }), { nil: null }),
    act: acts,
  });

/** A command with its ids: applied anywhere, it is the same movement. */
export interface Order extends Command {
  readonly holdId: HoldId;
  /** Of the grant, when it is bought. */
  readonly purchaseId: PurchaseId;
  /** Set when it does something to a purchase that was made before. */
  readonly returned: OrderedReturn | null;
  readonly movement: Movement;
}

/** Gives commands their ids. What a command does depends on no other, so any split keeps its meaning. */
export function ordersOf(
  commands: readonly Command[],
  walletIds: readonly WalletId[],
  keyIds: readonly ApiKeyId[],
): readonly Order[] {
  const asked = new Map<number, HoldId[]>();
  const sold = new Map<number, Sold[]>();
  return commands.map((command) => {
    const { wallet, act } = command;
    const walletId = walletIds[wallet];
    if (walletId === undefined) throw new Error(`there is no wallet ${wallet}`);
    const holds = asked.get(wallet) ?? [];
    const known = "pick" in act ? holds.at(-1 - (act.pick % Math.max(1, holds.length))) : undefined;
    const holdId = known ?? newId("hold");
    if (act.type === "hold") asked.set(wallet, [...holds, holdId]);
    const apiKeyId = command.key === null ? null : (keyIds[command.key] ?? null);
    const purchaseId = newId("purchase");
    const purchases = sold.get(wallet) ?? [];
    if (act.type === "grant" && act.bought)
      sold.set(wallet, [
        ...purchases,
        { purchaseId, granted: act.amount, reversed: 0n, reversals: 0 },
      ]);
    const returned = isReturn(act) ? returnOf(act, walletId, purchases) : null;
    const ids = { walletId, holdId, apiKeyId, purchaseId, returned };
    return { ...command, holdId, purchaseId, returned, movement: movementOf(act, ids) };
  });
}

interface Ids {
  readonly walletId: WalletId;
  readonly holdId: HoldId;
  readonly apiKeyId: ApiKeyId | null;
  /** Of the grant, when it is bought. */
  readonly purchaseId: PurchaseId;
  readonly returned: OrderedReturn | null;
}

export const isReturn = (act: Act): act is ReturnAct => returnTypes.has(act.type);
const returnTypes: ReadonlySet<string> = new Set<ReturnAct["type"]>([
  "reversal",
  "reinstatement",
  "reserve",
  "releaseReserve",
]);

const later = (now: Date, lifeMs: number) => new Date(now.getTime() + lifeMs);
const memo = null;

function movementOf(act: Act, ids: Ids): Movement {
  const { walletId, holdId, apiKeyId } = ids;
  const spender = { walletId, apiKeyId };
  const holder = { walletId, holdId };
  const user = { ...holder, apiKeyId };
  switch (act.type) {
    case "grant": {
      const kind = act.bought ? "purchase" : "promotion";
      const cause: Cause = act.bought ? { type: "purchase", id: ids.purchaseId } : byOperator();
      const grant = { kind, amount: act.amount, cost: null, cause, memo } as const;
      return {
        walletId,
        opens: true,
        decide: (book, { now }) => {
          const expiresAt = act.lifeMs === null ? null : later(now, act.lifeMs);
          return decideGrant(book, { ...grant, expiresAt });
        },
      };
    }
    case "withdrawal": {
      const withdrawal = { kind: "correction_out", cause: byOperator(), memo } as const;
      const { amount } = act;
      return { walletId, decide: (book) => decideWithdrawal(book, { ...withdrawal, amount }) };
    }
    case "spend": {
      const cause: Cause = { type: "usage", id: newId("usageEvent") };
      const spend = { amount: act.amount, shortfall: act.policy, cause, memo };
      return {
        ...spender,
        spendsAtMost: act.amount,
        decide: (book, asked) => decideSpend(book, { ...spend, ...asked }),
      };
    }
    case "hold": {
      const { amount, overCapture } = act;
      const hold = { id: holdId, amount, overCapture, apiKeyId, rateCardVersion: 1 };
      return {
        ...spender,
        opens: true,
        decide: (book, asked) => {
          const placed = { ...hold, expiresAt: later(asked.now, act.lifeMs), description: null };
          return decideHold(book, { ...asked, hold: placed, openHoldsMax, memo });
        },
      };
    }
    case "capture": {
      const cause: Cause = act.byUsage
        ? { type: "usage", id: newId("usageEvent") }
        : { type: "capture", id: newId("capture") };
      const capture = { holdId, amount: act.amount, close: act.close, cause, memo };
      return { ...user, decide: (book, asked) => decideCapture(book, { ...capture, ...asked }) };
    }
    case "reversal":
    case "reinstatement":
    case "reserve":
    case "releaseReserve":
      return returning(walletId, ids.returned);
    case "release":
      return {
        ...user,
        decide: (book, asked) => decideRelease(book, { ...asked, holdId, expired: false }),
      };
    case "expireHold":
      return {
        ...holder,
        decide: (book, asked) => {
          const hold = book.holds.get(holdId);
          if (hold !== undefined && hold.expiresAt > asked.now)
            return refuse("hold_not_open", { detail: "Its time is not over." });
          return decideRelease(book, { ...asked, holdId, expired: true });
        },
      };
  }
}

/** A verdict in the words of the naive ledger. */
export function toldBy(verdict: Verdict<Posting>): string {
  if (!verdict.approved) return verdict.refusal.code;
  const { value } = verdict;
  return "taken" in value && "shortfall" in value
    ? `took ${String(value.taken)}, short ${String(value.shortfall)}`
    : "done";
}
