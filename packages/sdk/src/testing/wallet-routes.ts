import type { Transaction } from "../types.js";
import {
  creditsIn,
  creditsOut,
  integerIn,
  optionalTextIn,
  positiveCreditsIn,
  refuse,
  textIn,
} from "./refuse.js";
import { created, type FakeRequest, type FakeRoute, ok, pageOf } from "./route.js";
import { allowanceOf, balanceOf, type FakeWallet, give, move, refuseTooFew } from "./wallets.js";
import { iso, walletOf, type World } from "./world.js";

const base = "/v1/wallets/:customerId";

export const walletRoutes: readonly FakeRoute[] = [
  {
    method: "GET",
    path: base,
    answer: ({ world, params: { customerId = "" } }) => {
      const known = world.wallets.get(customerId);
      const zero = { available: 0, held: 0, debt: 0, total: 0 };
      return ok(
        known === undefined
          ? { customerId, ...zero, frozen: null, createdAt: null }
          : walletJson(known),
      );
    },
  },
  {
    method: "GET",
    path: `${base}/transactions`,
    answer: ({ world, params, query }) =>
      pageOf((world.wallets.get(params["customerId"] ?? "")?.lines ?? []).toReversed(), query),
  },
  {
    method: "GET",
    path: "/v1/transactions/:id/explain",
    answer: ({ world, params }) => ok(explain(world, params["id"] ?? "")),
  },
  {
    method: "POST",
    path: `${base}/links`,
    answer: ({ world, params, body }) => {
      const seconds = integerIn(body["expiresInSeconds"] ?? 3_600, "expiresInSeconds", 60, 604_800);
      const { id } = walletOf(world, params["customerId"]);
      const expiresAt = iso(world.now() + seconds * 1_000);
      return created({ url: `${world.baseUrl}/wallet/${id}`, expiresAt });
    },
  },
  { method: "POST", path: `${base}/grants`, idempotent: true, answer: grant },
  { method: "POST", path: `${base}/corrections`, idempotent: true, answer: correct },
  { method: "POST", path: `${base}/freeze`, answer: freeze },
  {
    method: "POST",
    path: `${base}/unfreeze`,
    answer: ({ world, params }) => {
      const wallet = walletOf(world, params["customerId"]);
      wallet.frozen = null;
      return ok(walletJson(wallet));
    },
  },
  {
    method: "GET",
    path: `${base}/spend-limits`,
    answer: ({ world, params }) => ok(limitsJson(world, walletOf(world, params["customerId"]))),
  },
  { method: "PUT", path: `${base}/spend-limits`, answer: setLimits },
];

function grant({ world, params, body }: FakeRequest) {
  const micro = positiveCreditsIn(body["credits"]);
  const reason = textIn(body["reason"], "reason");
  return adjust(world, params["customerId"], (wallet, cause) =>
    give(wallet, micro, { kind: "promotion", description: `Given: ${reason}`, cause }, world.now()),
  );
}

function correct({ world, params, body }: FakeRequest) {
  const micro = creditsIn(body["credits"]);
  const description = `Corrected: ${textIn(body["reason"], "reason")}`;
  return adjust(world, params["customerId"], (wallet, cause) => {
    if (micro > 0n)
      return give(wallet, micro, { kind: "correction_in", description, cause }, world.now());
    if (-micro > wallet.available) refuseTooFew(wallet, -micro);
    move(wallet, { kind: "correction_out", available: micro, description, cause }, world.now());
  });
}

function adjust(
  world: World,
  customerId: string | undefined,
  act: (wallet: FakeWallet, cause: Transaction["cause"]) => void,
) {
  const wallet = walletOf(world, customerId);
  const before = wallet.lines.length;
  const id = world.newId("adj");
  act(wallet, { type: "operator", id });
  const transactions = wallet.lines.slice(before);
  return created({ id, customerId, transactions, balance: balanceOf(wallet) });
}

function freeze({ world, params, body }: FakeRequest) {
  const reason = textIn(body["reason"], "reason");
  const wallet = walletOf(world, params["customerId"]);
  wallet.frozen ??= { since: iso(world.now()), reason };
  return ok(walletJson(wallet));
}

function setLimits({ world, params, body }: FakeRequest) {
  const limitIn = (param: string): bigint | null => {
    const value = body[param] ?? null;
    if (value === null) return null;
    const micro = creditsIn(value, param);
    return micro >= 0n ? micro : refuse("invalid_request", "Send 0 or more.", { param });
  };
  const wallet = walletOf(world, params["customerId"]);
  const limits = {
    minute: limitIn("perMinute"),
    day: limitIn("perDay"),
    month: limitIn("perMonth"),
  };
  wallet.limits = limits;
  if (Object.values(limits).every((limit) => limit === null)) wallet.spends = [];
  return ok(limitsJson(world, wallet));
}

function limitsJson({ now }: World, wallet: FakeWallet) {
  return {
    customerId: wallet.customerId,
    perMinute: allowanceOf(wallet, "minute", now()),
    perDay: allowanceOf(wallet, "day", now()),
    perMonth: allowanceOf(wallet, "month", now()),
  };
}

function walletJson(wallet: FakeWallet) {
  const { customerId, frozen, createdAt } = wallet;
  return { customerId, ...balanceOf(wallet), frozen, createdAt };
}

/** Shorter than the product's: the fake keeps no lots. */
function explain(world: World, id: string) {
  for (const wallet of world.wallets.values()) {
    const transaction = wallet.lines.find((line) => line.id === id);
    if (transaction === undefined) continue;
    const { cause, description, credits } = transaction;
    const together = wallet.lines.filter((line) => line.cause.id === cause.id);
    return {
      sentence: `${description} (${credits} credits).`,
      customerId: wallet.customerId,
      transaction,
      cause: {
        ...cause,
        memo: optionalTextIn(description, "description"),
        usage: null,
        hold: null,
      },
      transactions: together.map((line) => ({
        ...line,
        moved: creditsOut(creditsIn(Math.abs(line.credits))),
        lot: null,
        cost: null,
      })),
    };
  }
  return refuse("not_found", "There is no such transaction.");
}
