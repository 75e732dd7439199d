import { randomUUID } from "node:crypto";
import { type Credits, wholeCredits } from "../../src/kernel/credits.js";
import { newId, type ProjectId } from "../../src/kernel/ids.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { type Cause } from "../../src/ledger/decide.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { readStatement, type StatementLine } from "../../src/ledger/read-statement.js";
import { readWallet, type Wallet } from "../../src/ledger/read-wallet.js";
import type { Database } from "../../src/platform/db/connect.js";

/** A project with nothing but its row, for tests below the tenancy domain. */
export async function insertProject(db: Database, name = `p-${randomUUID()}`): Promise<ProjectId> {
  const id = newId("project");
  await db("projects").insert({ id, name, mode: "test" });
  return id;
}

export const byOperator = (): Cause => ({ type: "operator", id: newId("adjustment") });

/** One customer's wallet with verbs that read like a ledger. */
export async function walletBook(db: Database, projectId: ProjectId, customerId = "user_123") {
  const { id: walletId } = await openWallet(db, projectId, customerId);
  const post = (decide: Parameters<typeof postMovements>[1][number]["decide"]) =>
    db.transaction((trx) => postMovements(trx, [{ walletId, opens: true, decide }]));
  const amountOf = (credits: number | Credits) =>
    typeof credits === "number" ? wholeCredits(credits) : credits;
  return {
    walletId,
    post,
    give: (credits: number | Credits, cause: Cause = byOperator()) =>
      post((book) =>
        decideGrant(book, {
          kind: "promotion",
          amount: amountOf(credits),
          cost: null,
          expiresAt: null,
          cause,
          memo: "given by a test",
        }),
      ),
    take: (credits: number | Credits, cause: Cause = byOperator()) =>
      post((book) =>
        decideWithdrawal(book, {
          kind: "correction_out",
          amount: amountOf(credits),
          cause,
          memo: "taken by a test",
        }),
      ),
    wallet: async (): Promise<Wallet> => {
      const wallet = await readWallet(db, projectId, customerId);
      if (wallet === undefined) throw new Error("the wallet is gone");
      return wallet;
    },
    statement: async (): Promise<readonly StatementLine[]> =>
      approvedOrThrow(await readStatement(db, walletId, { size: 100 })).data,
  };
}
