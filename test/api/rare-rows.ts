import { z } from "zod";
import { newId, publicId, type UsageEventId, type WalletId } from "../../src/kernel/ids.js";
import { acceptBreaks } from "../../src/ledger/check-invariants.js";
import { walletEqualsTransfers } from "../../src/ledger/invariants/wallet-equals-transfers.js";
import { batchOf, eventIdAt, toBatchId } from "../../src/metering/rules.js";
import { insertSetAside } from "../../src/metering/store/quarantine.js";
import { readDiscrepancies } from "../../src/reconciliation/read-discrepancies.js";
import { readMonth } from "../../src/reports/read-month.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { tamper } from "../integrity/books-api.js";
import type { TestStack } from "../support/stack.js";
import type { Shop } from "./shops.js";

/**
 * Rows that a shop has only when something went wrong: a difference and the run that found it, a break of an invariant
 * that was accepted, usage that could not be applied, a month that is over. Answers the shop with the names of these among its marks.
 */
export async function withRareRows(stack: TestStack, shop: Shop, word: string): Promise<Shop> {
  const marks = [
    ...(await findDifference(stack, shop)),
    ...(await setUsageAside(stack, shop, word)),
  ];
  await acceptBreak(stack, shop, word);
  await keepMonth(stack, shop);
  return { ...shop, marks: [...shop.marks, ...marks] };
}

/** The sums of a month are kept when they are first asked for once it is over. */
async function keepMonth({ ctx }: TestStack, { projectId }: Shop): Promise<void> {
  const yearAgo = new Date(Date.now() - 365 * 86_400_000);
  await readMonth(ctx, projectId, yearAgo.toISOString().slice(0, 7));
}

async function findDifference(stack: TestStack, { projectId, stripeKey }: Shop) {
  const paid = { key: stripeKey, amount: 1_234, currency: "usd" };
  await stack.simulator.control.createForeignPayment(paid);
  const clock = { nowMs: () => Date.now() + 120_000 }; // what is younger than a minute is not compared
  const order = { projectId, ring: "objects", requestsPerSecond: 100_000 } as const;
  const { run } = await runReconciliation({ ...stack.ctx, clock }, order);
  const { data } = await readDiscrepancies(stack.ctx.db, { projectId, size: 100 });
  return [
    publicId("reconciliationRun", run.id),
    ...data.flatMap(({ id, subject }) => [publicId("discrepancy", id), subject]),
  ];
}

const accepted = z.object({ id: z.string() });

/** Usage that no worker has applied yet is put aside, as it is when applying it failed. */
async function setUsageAside({ ctx }: TestStack, { projectId, ask }: Shop, word: string) {
  const customerId = `${word}_aside`;
  const body = { id: customerId, customerId, event: "chat.reply" };
  const { id } = accepted.parse((await ask({ method: "POST", path: "/v1/usage", body })).json);
  const event: { readonly id: UsageEventId; readonly walletId: WalletId } = await ctx
    .db("usage_events")
    .where({ project_id: projectId, key: id })
    .first("id", "wallet_id as walletId");
  const batchId = toBatchId(newId("usageBatch"));
  await ctx.db.transaction((trx) =>
    insertSetAside(trx, {
      batchId,
      lastId: eventIdAt(batchId, 0),
      from: batchOf(event.id),
      walletId: event.walletId,
      eventIds: [event.id],
      problem: `${word} cannot be applied`,
    }),
  );
  return [id];
}

async function acceptBreak({ ctx }: TestStack, { projectId, ask }: Shop, word: string) {
  const customerId = `${word}_forged`;
  const body = { credits: 1, reason: "to be forged" };
  await ask({ method: "POST", path: `/v1/wallets/${customerId}/grants`, body });
  const forged = "update wallets set available = available + 1 where customer_id = :customerId";
  await tamper(ctx.db, forged, { customerId });
  const because = `${word} knows`;
  await ctx.db.transaction((trx) =>
    acceptBreaks(trx, [walletEqualsTransfers], { projectId, because }),
  );
}
