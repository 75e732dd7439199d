import { publishPack } from "../catalogue/publish-pack.js";
import { wholeCredits, zeroCredits } from "../kernel/credits.js";
import type { ProjectId } from "../kernel/ids.js";
import { readWallet } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { publishRateCard } from "../rating/publish-rate-card.js";
import { readRateCardIfAny } from "../rating/read-rate-cards.js";
import { rateCardTerms } from "../rating/terms-schema.js";
import { grantCredits } from "../wallets/grant-credits.js";

export const demoCustomer = "user_123";
export const demoPack = "starter-500";

const actor = "environment";

/**
 * A pack of 500 credits for $9.99, a bigger one, prices for two events, and a customer who has 47 credits. Doing it again changes
 * nothing, and neither does it when there are other prices by now.
 */
export async function seed(ctx: Pick<Context, "db">, projectId: ProjectId): Promise<void> {
  await inTransaction(ctx.db, async (trx) => {
    for (const { code, credits, amountMinor } of packs)
      await publishPack(
        trx,
        projectId,
        code,
        {
          name: `${credits} credits`,
          credits: wholeCredits(credits),
          bonusCredits: zeroCredits,
          price: { amountMinor, currency: "usd" },
          validityDays: null,
          onSale: true,
        },
        actor,
      );
    if ((await readRateCardIfAny(trx, projectId)) === undefined)
      await publishRateCard(trx, projectId, demoRates, actor);
    if ((await readWallet(trx, projectId, demoCustomer)) !== undefined) return;
    const credits = wholeCredits(47);
    const reason = "welcome credits";
    await grantCredits(trx, { projectId, customerId: demoCustomer, credits, reason }, actor);
  });
}

/** Chat by its tokens, images by their number. */
export const demoRates = rateCardTerms.parse({
  events: {
    "chat.reply": {
      price: {
        type: "properties",
        properties: {
          inputTokens: { credits: "0.15", per: 1_000 },
          outputTokens: { credits: "0.6", per: 1_000 },
        },
      },
    },
    "image.generate": { price: { type: "quantity", credits: 4 } },
  },
});

const packs = [
  { code: demoPack, credits: 500, amountMinor: 999n },
  { code: "studio-2500", credits: 2_500, amountMinor: 3_999n },
] as const;
