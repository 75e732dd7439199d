import Stripe from "stripe";
import { newId, publicId, type PurchaseId, type WalletId } from "../../src/kernel/ids.js";
import { purchaseMetadataKey } from "../../src/checkout/stripe.js";
import { type TestStack, testPrice } from "../support/stack.js";
import { until } from "../support/until.js";
import { type Payment, payHeld } from "./crash-scene.js";

interface Seed {
  readonly purchaseId: PurchaseId;
  readonly walletId: WalletId;
  readonly customerId: string;
}

const atOnce = 20;

/**
 * Opens many checkouts fast: the rows are copies of one that was bought over HTTP, the sessions are made at Stripe
 * one by one. What comes after, from the payment to the credits, is as for any other purchase.
 */
export async function openCheckouts(stack: TestStack, count: number): Promise<readonly Payment[]> {
  const pattern = await payHeld(stack, "pattern");
  const seeds = Array.from({ length: count }, (_each, at) => ({
    purchaseId: newId("purchase"),
    walletId: newId("wallet"),
    customerId: `customer_${at}`,
  }));
  await stack.database.db("wallets").insert(
    seeds.map(({ walletId, customerId }) => ({
      id: walletId,
      project_id: stack.projectId,
      customer_id: customerId,
    })),
  );
  const sessions = await mapAtOnce(seeds, (seed) => createSession(stack, seed));
  await copyPurchase(stack, pattern.sessionId, seeds, sessions);
  return seeds.map(({ purchaseId, customerId }, at) => ({
    customerId,
    purchaseId: publicId("purchase", purchaseId),
    sessionId: sessions[at] ?? "",
  }));
}

export async function payAll(stack: TestStack, payments: readonly Payment[]): Promise<void> {
  await mapAtOnce(payments, ({ sessionId }) => stack.simulator.control.pay(sessionId));
}

/** How many wallets have their 500 credits, of those that were to get some. */
export async function countCredited(stack: TestStack): Promise<number> {
  const { rows } = await stack.database.db.raw<{ rows: { credited: number }[] }>(
    "select count(*)::int as credited from wallets where available = 500000000 and seq = 1",
  );
  return rows[0]?.credited ?? 0;
}

export async function untilCredited(
  stack: TestStack,
  count: number,
  timeoutMs: number,
): Promise<void> {
  let credited = -1;
  const all = async (): Promise<boolean> => {
    credited = await countCredited(stack);
    return credited === count;
  };
  await until(all, { because: `${count} wallets to be credited`, timeoutMs, everyMs: 100 }).catch(
    (cause: unknown) => {
      throw new Error(`only ${credited} of ${count} were credited`, { cause });
    },
  );
}

async function createSession(stack: TestStack, { purchaseId }: Seed): Promise<string> {
  const { host, port } = stack.simulator;
  const stripe = new Stripe(stack.stripeKey, { host, port, protocol: "http" });
  const reference = publicId("purchase", purchaseId);
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    client_reference_id: reference,
    metadata: { [purchaseMetadataKey]: reference },
    adaptive_pricing: { enabled: false },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: testPrice.currency,
          unit_amount: Number(testPrice.amountMinor),
          product_data: { name: "500 credits" },
        },
      },
    ],
    success_url: "https://app.example.com/done",
  });
  return session.id;
}

async function copyPurchase(
  stack: TestStack,
  patternSession: string,
  seeds: readonly Seed[],
  sessions: readonly string[],
): Promise<void> {
  await stack.database.db.raw(
    `insert into purchases
     select (jsonb_populate_record(pattern, jsonb_build_object(
              'id', copy.id, 'wallet_id', copy.wallet_id, 'checkout_session_id', copy.session_id))).*
     from purchases pattern, unnest(?::uuid[], ?::uuid[], ?::text[]) as copy (id, wallet_id, session_id)
     where pattern.checkout_session_id = ?`,
    [
      seeds.map(({ purchaseId }) => purchaseId),
      seeds.map(({ walletId }) => walletId),
      [...sessions],
      patternSession,
    ],
  );
}

async function mapAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += atOnce)
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(work))));
  return results;
}
