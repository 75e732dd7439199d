import { randomBytes } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { type Credits, wholeCredits } from "../../src/kernel/credits.js";
import {
  type ApiKeyId,
  type HoldId,
  newId,
  type ProjectId,
  publicId,
  type WalletId,
} from "../../src/kernel/ids.js";
import { decideCapture, decideHold, decideRelease } from "../../src/ledger/decide-hold.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import type { Verdict } from "../../src/kernel/verdict.js";
import type { Database } from "../../src/platform/db/connect.js";
import { inTransaction } from "../../src/platform/db/transaction.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import { walletBook } from "../support/ledger.js";
import { startTestStack, type TestStack } from "../support/stack.js";

/** Chargly's web on a database of its own, for one test file. */
export function limitsApi() {
  let running: TestStack | undefined;
  beforeAll(async () => {
    running = await startTestStack({ roles: ["web"] });
  }, 60_000);
  afterAll(() => running?.stop());
  const stack = (): TestStack => {
    if (running === undefined) throw new Error("the stack has not started");
    return running;
  };
  const db = () => stack().database.db;
  return {
    stack,
    db,
    projectId: () => stack().projectId,
    call: (...args: Parameters<TestStack["call"]>) => stack().call(...args),
    /** A customer of their own with this many credits. */
    customer: async (credits: number) => {
      const name = `customer_${randomBytes(6).toString("hex")}`;
      const book = await walletBook(db(), stack().projectId, name);
      if (credits > 0) await book.give(wholeCredits(credits));
      return { ...book, name, path: `/v1/wallets/${name}` };
    },
    key: async () => newKey(stack()),
    audit: async (subject: string) =>
      db()("audit_log").where({ subject }).orderBy("id").select("action", "actor", "details"),
  };
}

export interface TestKey {
  readonly id: ApiKeyId;
  readonly name: string;
  readonly secret: string;
  readonly path: string;
}

async function newKey(stack: TestStack): Promise<TestKey> {
  const project = { id: stack.projectId, mode: "test" as const };
  const name = `key-${randomBytes(4).toString("hex")}`;
  const { id, secret } = await createApiKey(stack.ctx, project, { name, scopes }, "test");
  return { id, name, secret, path: `/v1/api-keys/${publicId("apiKey", id)}/spend-limits` };
}

/** The key with which the stack is called. */
export async function callersKey(db: Database, projectId: ProjectId): Promise<string> {
  const { id } = await db("api_keys").where({ project_id: projectId }).orderBy("id").first("id");
  return publicId("apiKey", id);
}

export const spending = (
  walletId: WalletId,
  credits: Credits,
  apiKeyId: ApiKeyId | null = null,
): Movement => ({
  walletId,
  apiKeyId,
  decide: (book, asked) =>
    decideSpend(book, {
      ...asked,
      amount: credits,
      shortfall: { policy: "reject" },
      cause: { type: "usage", id: newId("usageEvent") },
      memo: null,
    }),
});

export const holding = (
  walletId: WalletId,
  holdId: HoldId,
  credits: Credits,
  apiKeyId: ApiKeyId | null = null,
): Movement => ({
  walletId,
  apiKeyId,
  opens: true,
  decide: (book, asked) =>
    decideHold(book, {
      ...asked,
      hold: {
        id: holdId,
        amount: credits,
        overCapture: "reject",
        expiresAt: new Date(asked.now.getTime() + 3_600_000),
        apiKeyId,
        rateCardVersion: 1,
        description: null,
      },
      openHoldsMax: 1_000,
      memo: null,
    }),
});

export const releasing = (walletId: WalletId, holdId: HoldId): Movement => ({
  walletId,
  holdId,
  decide: (book, asked) => decideRelease(book, { ...asked, holdId, expired: false }),
});

export const capturing = (walletId: WalletId, holdId: HoldId, credits: Credits): Movement => ({
  walletId,
  holdId,
  decide: (book, asked) =>
    decideCapture(book, {
      ...asked,
      holdId,
      amount: credits,
      close: false,
      cause: { type: "capture", id: newId("capture") },
      memo: null,
    }),
});

/** `done`, or the code of the refusal, for each movement. */
export async function apply(
  db: Database,
  movements: readonly Movement[],
): Promise<readonly string[]> {
  const verdicts = await inTransaction(db, (trx) => applyMovements(trx, movements));
  return verdicts.map(toldBy);
}

const toldBy = (verdict: Verdict<unknown>) => (verdict.approved ? "done" : verdict.refusal.code);

/** Credits that usage took from wallets. */
export async function spentFrom(db: Database, walletIds: readonly WalletId[]): Promise<bigint> {
  const { sum } = await db("transfers")
    .whereIn("wallet_id", [...walletIds])
    .where({ kind: "spend" })
    .first(db.raw("coalesce(sum(amount), 0)::bigint as sum"));
  return sum;
}
