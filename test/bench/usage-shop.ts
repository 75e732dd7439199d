import { randomInt, randomUUID } from "node:crypto";
import { wholeCredits } from "../../src/kernel/credits.js";
import { type ApiKeyId, newId, type WalletId } from "../../src/kernel/ids.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { type AdmitUsage, createAdmission } from "../../src/metering/admit-usage.js";
import { inTransaction } from "../../src/platform/db/transaction.js";
import { publishRateCard } from "../../src/rating/publish-rate-card.js";
import { rateCardTerms } from "../../src/rating/terms-schema.js";
import type { Rig } from "./rig.js";
import { customerName, modelNames, tokensOf } from "./usage-shape.js";

/** A project whose customers have credits and whose events have prices. */
export interface UsageShop {
  readonly customers: number;
  /**
   * Accepts so many events of random customers, as the web process does: by its admission, 1,000 to a commit, two
   * commits at once. Nobody is rung for.
   */
  readonly accept: (events: number) => Promise<void>;
}

/** Four small lots that are used up one after the other while a benchmark runs, after some 20 events each, and one that lasts. */
const lots = [150, 150, 150, 150, 100_000_000];
const movementsPerTransaction = 100;
const eventsPerCommit = 1_000;
const commitsAtOnce = 2;

const price = (input: string, output: string) => ({
  type: "properties",
  properties: {
    inputTokens: { credits: input, per: 1_000_000 },
    outputTokens: { credits: output, per: 1_000_000 },
  },
});

const card = rateCardTerms.parse({
  events: {
    "chat.reply": {
      price: {
        type: "models",
        models: { [modelNames[0]]: price("150", "600"), [modelNames[1]]: price("2500", "10000") },
      },
    },
  },
});

/** Publishes a rate card and opens wallets with five lots each, through the product's own code. */
export async function openUsageShop(
  rig: Rig,
  { customers }: { readonly customers: number },
): Promise<UsageShop> {
  const { ctx, projectId } = rig;
  await inTransaction(ctx.db, (trx) => publishRateCard(trx, projectId, card, "bench"));
  const apiKeyId = await ctx.db("api_keys").where({ project_id: projectId }).first("id");
  const walletIds = await openWallets(rig, customers);
  const step = Math.floor(movementsPerTransaction / lots.length);
  for (let from = 0; from < walletIds.length; from += step)
    await fund(rig, walletIds.slice(from, from + step));
  await ctx.db.raw("analyze");
  return {
    customers,
    accept: acceptor(rig, { customers, apiKeyId: (apiKeyId as { id: ApiKeyId }).id }),
  };
}

async function openWallets({ ctx, projectId }: Rig, customers: number): Promise<WalletId[]> {
  const names = Array.from({ length: customers }, (_, index) => customerName(index));
  const ids: WalletId[] = [];
  while (names.length > 0) {
    const some = names.splice(0, eventsPerCommit);
    const asked = some.map((customerId) => ({ projectId, customerId }));
    ids.push(...(await ctx.walletIds.of(ctx.db, asked)));
  }
  return ids;
}

async function fund({ ctx }: Rig, walletIds: readonly WalletId[]): Promise<void> {
  const grants = walletIds.flatMap((walletId) =>
    lots.map((credits) => ({
      walletId,
      opens: true,
      decide: (book: Parameters<typeof decideGrant>[0]) =>
        decideGrant(book, {
          kind: "promotion",
          amount: wholeCredits(credits),
          cost: null,
          expiresAt: null,
          cause: { type: "operator", id: randomUUID() },
          memo: null,
        }),
    })),
  );
  await inTransaction(ctx.db, (trx) => postMovements(trx, grants));
}

function acceptor(
  { ctx, projectId }: Rig,
  { customers, apiKeyId }: { readonly customers: number; readonly apiKeyId: ApiKeyId },
): UsageShop["accept"] {
  const admit: AdmitUsage = createAdmission(ctx);
  const event = () => ({
    id: newId("usageEvent") as string,
    customerId: customerName(randomInt(customers)),
    event: "chat.reply",
    properties: tokensOf(),
  });
  return async (count) => {
    let left = count;
    const commitSome = async (): Promise<void> => {
      while (left > 0) {
        const size = Math.min(eventsPerCommit, left);
        left -= size;
        const events = Array.from({ length: size }, event);
        await admit([{ projectId, apiKeyId, requestId: randomUUID(), events }]);
      }
    };
    await Promise.all(Array.from({ length: commitsAtOnce }, commitSome));
  };
}
