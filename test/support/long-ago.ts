import type { SimulatorControl } from "@chargly/stripe-simulator";
import { wholeCredits } from "../../src/kernel/credits.js";
import {
  newId,
  type ProjectId,
  publicId,
  type PurchaseId,
  type WalletId,
} from "../../src/kernel/ids.js";
import type { Money } from "../../src/kernel/money.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import type { Database } from "../../src/platform/db/connect.js";

/** A project with one pack that is connected to the simulator. */
export interface LongAgoShop {
  readonly db: Database;
  readonly control: SimulatorControl;
  readonly projectId: ProjectId;
  readonly stripeKey: string;
}

const price: Money = { amountMinor: 999n, currency: "usd" };

/** A purchase that was paid and granted long ago, without a checkout: rows in our books, a charge at Stripe. */
export interface SoldPack {
  readonly purchaseId: PurchaseId;
  readonly walletId: WalletId;
  readonly paymentIntentId: string;
  readonly chargeId: string;
}

const batch = 500;

/** Makes them many at a time; a test of a thousand payments takes seconds so. */
export async function sellLongAgo(shop: LongAgoShop, count: number): Promise<readonly SoldPack[]> {
  const sold: SoldPack[] = [];
  for (let left = count; left > 0; left -= batch) {
    const names = Array.from({ length: Math.min(left, batch) }, () => ({
      purchaseId: newId("purchase"),
      walletId: newId("wallet"),
    }));
    const paid = await Promise.all(
      names.map(async ({ purchaseId }) =>
        shop.control.createForeignPayment({
          key: shop.stripeKey,
          amount: Number(price.amountMinor),
          currency: price.currency,
          metadata: { chargly_purchase: publicId("purchase", purchaseId) },
        }),
      ),
    );
    const packs = names.map((each, at) => ({
      ...each,
      paymentIntentId: String(paid[at]?.["id"]),
      chargeId: String(paid[at]?.["latest_charge"]),
    }));
    await bookLongAgo(shop, packs);
    sold.push(...packs);
  }
  return sold;
}

/** The rows in our books alone, whatever Stripe knows of it. */
export async function bookLongAgo(
  { db, projectId }: Pick<LongAgoShop, "db" | "projectId">,
  packs: readonly SoldPack[],
): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw(
      `insert into wallets (id, project_id, customer_id) select id, ?, 'long-ago-' || id from unnest(?::uuid[]) id`,
      [projectId, `{${packs.map(({ walletId }) => walletId).join(",")}}`],
    );
    await postMovements(
      trx,
      packs.map(({ walletId, purchaseId }) => ({
        walletId,
        opens: true as const,
        decide: (ofWallet) =>
          decideGrant(ofWallet, {
            kind: "purchase",
            amount: wholeCredits(500),
            cost: price,
            expiresAt: null,
            cause: { type: "purchase", id: purchaseId },
            memo: "sold long ago",
          }),
      })),
    );
    await trx.raw(
      `insert into purchases (id, project_id, wallet_id, credit_pack_id, pack_name, credits, amount_minor, currency,
         account_id, livemode, state, payment_intent_id, charge_id, granted, paid_at)
       select sold.id, ?, sold.wallet_id, pack.id, pack.name, 500000000, ?, ?, c.account_id, c.livemode, 'paid',
         sold.payment_intent_id, sold.charge_id, 500000000, now()
       from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[]) sold (id, wallet_id, payment_intent_id, charge_id)
       cross join (select id, name from credit_packs where project_id = ? limit 1) pack
       join stripe_connections c on c.project_id = ?`,
      [
        projectId,
        price.amountMinor.toString(),
        price.currency,
        `{${packs.map(({ purchaseId }) => purchaseId).join(",")}}`,
        `{${packs.map(({ walletId }) => walletId).join(",")}}`,
        packs.map(({ paymentIntentId }) => paymentIntentId),
        packs.map(({ chargeId }) => chargeId),
        projectId,
        projectId,
      ],
    );
  });
}
