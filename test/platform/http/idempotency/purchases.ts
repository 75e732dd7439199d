import { z } from "zod";
import { Refusal } from "../../../../src/kernel/refusals.js";
import type { Database } from "../../../../src/platform/db/connect.js";
import { answerOnce } from "../../../../src/platform/http/idempotency/answer-once.js";
import { claimKey, completeKey } from "../../../../src/platform/http/idempotency/claim-key.js";
import { reply } from "../../../../src/platform/http/reply.js";
import { defineRoute } from "../../../../src/platform/http/route.js";

export interface Shop {
  readonly db: Database;
  /** Runs after the effect was written, before the commit. */
  hook: () => Promise<void>;
}

export async function createSales(db: Database): Promise<void> {
  await db.raw("create table sales (id bigint generated always as identity, buyer text not null)");
}

export async function countSales(db: Database, buyer: string): Promise<number> {
  const answer: { rows: { count: bigint }[] } = await db.raw(
    "select count(*) as count from sales where buyer = ?",
    [buyer],
  );
  return Number(answer.rows[0]?.count);
}

const facts = {
  method: "post",
  tags: ["Sales"],
  auth: { scopes: ["things:write"] },
  idempotent: true,
  refusals: ["insufficient_credits"],
  response: {
    201: z.object({ buyer: z.string(), saleId: z.string(), z: z.number(), a: z.number() }),
  },
} as const;
const body = z.object({
  buyer: z.string(),
  price: z.number().optional(),
  tags: z.array(z.string()).optional(),
});

/** One transaction: the key, the effect and the answer. */
export const sellOnce = defineRoute<Shop>()({
  ...facts,
  path: "/v1/sales",
  operationId: "things.sell",
  summary: "Sell",
  body,
  handle: ({ ctx, body: { buyer }, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) => {
      const answer: { rows: { id: bigint }[] } = await trx.raw(
        "insert into sales (buyer) values (?) returning id",
        [buyer],
      );
      await ctx.hook();
      const sale = { buyer, saleId: String(answer.rows[0]?.id), z: 1, a: 2 };
      return reply.created(sale, { Location: `/v1/sales/${sale.saleId}` });
    }),
});

/** Two transactions with a network call between them. */
export const sellInSteps = defineRoute<Shop>()({
  ...facts,
  path: "/v1/sales-in-steps",
  operationId: "things.sellInSteps",
  summary: "Sell with a call in the middle",
  body,
  handle: async ({ ctx, body: { buyer }, idempotency }) => {
    const claim = await ctx.db.transaction(async (trx) => {
      const claimed = await claimKey(trx, idempotency, {
        resource: `sale-of-${buyer}`,
        leaseSeconds: 30,
      });
      if (claimed.outcome === "claimed" && !claimed.resumed) {
        await trx.raw("insert into sales (buyer) values (?)", [buyer]);
      }
      return claimed;
    });
    if (claim.outcome === "replay") return claim.reply;
    await ctx.hook();
    const sale = { buyer, saleId: claim.resource, z: 1, a: 2 };
    return ctx.db.transaction((trx) => completeKey(trx, idempotency, reply.created(sale)));
  },
});

export const outOfCredits = new Refusal("insufficient_credits", { detail: "Buy a pack." });
