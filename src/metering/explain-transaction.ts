import { present } from "../kernel/assert.js";
import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { ApiKeyId, HoldId, ProjectId, UsageEventId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { type Hold, readHold } from "../ledger/read-hold.js";
import { type PostedLine, readPosting } from "../ledger/read-posting.js";
import { readWalletById } from "../ledger/read-wallet.js";
import { explainPrice, type PriceExplanation } from "../rating/explain-price.js";
import { readApiKey } from "../tenancy/list-api-keys.js";
import type { ApiKey } from "../tenancy/rules.js";
import { parseTransactionId } from "../wallets/rules.js";
import type { MeteringContext } from "./context.js";
import type { UsageEvent } from "./rules.js";
import { selectEvent } from "./store/explain.js";

/** What was used, and how its price came about. */
export interface ExplainedUsage {
  readonly event: UsageEvent;
  /** `null` when the price came with the event. */
  readonly price: PriceExplanation | null;
  /** What the shortfall policy let go. */
  readonly shortfall: Credits;
  /** `null` for events from the queue. */
  readonly apiKey: Pick<ApiKey, "id" | "name" | "hint"> | null;
  readonly acceptedAt: Date;
  readonly appliedAt: Date | null;
}

/** A transaction and everything that tells why it is there. */
export interface ExplainedTransaction {
  readonly customerId: string;
  readonly line: PostedLine;
  /** All that the same cause moved together, this one among them, oldest first. */
  readonly lines: readonly PostedLine[];
  /** Set when the cause is a usage event. */
  readonly usage: ExplainedUsage | null;
  /** Set when one of the lines fills or uses a hold. */
  readonly hold: Hold | null;
}

type ExplainContext = Pick<MeteringContext, "db" | "rateCards">;

/**
 * Why credits moved, by the id of the transaction.
 *
 * @throws Refusal `not_found` for malformed ids, and for transactions of other projects too
 */
export async function explainTransaction(
  ctx: ExplainContext,
  projectId: ProjectId,
  id: string,
): Promise<ExplainedTransaction> {
  const named = parseTransactionId(id);
  const wallet =
    named === undefined ? undefined : await readWalletById(ctx.db, projectId, named.walletId);
  if (named === undefined || wallet === undefined) throw notFound();
  const lines = await readPosting(ctx.db, wallet.id, named.seq);
  const line = lines.find(({ seq }) => seq === named.seq);
  if (line === undefined) throw notFound();
  const { cause } = line;
  return {
    customerId: wallet.customerId,
    line,
    lines,
    usage: cause.type === "usage" ? await explainUsage(ctx, projectId, cause.id) : null,
    hold: await holdOf(ctx, projectId, lines),
  };
}

function notFound(): Refusal {
  return new Refusal("not_found", {
    detail:
      "The project has no transaction with this id. GET /v1/wallets/:customerId/transactions lists those of a customer.",
  });
}

async function explainUsage(
  ctx: ExplainContext,
  projectId: ProjectId,
  id: UsageEventId,
): Promise<ExplainedUsage> {
  const event = present(
    await selectEvent(ctx.db, projectId, id),
    "what caused a transfer was accepted",
  );
  const { credits, partlyTaken, acceptedAt, appliedAt } = event;
  const short = credits === null || partlyTaken === null ? zeroCredits : credits - partlyTaken;
  return {
    event,
    price: event.ownPrice ? null : await explainCardPrice(ctx, event),
    shortfall: short as Credits,
    apiKey: event.apiKeyId === null ? null : await apiKeyOf(ctx, projectId, event.apiKeyId),
    acceptedAt,
    appliedAt,
  };
}

/** `null` as well when the card cannot tell any more, which the events it priced do not need it to. */
async function explainCardPrice(
  ctx: ExplainContext,
  { projectId, event, quantity, properties, rateCardVersion }: UsageEvent,
): Promise<PriceExplanation | null> {
  const card = await ctx.rateCards.get(ctx.db, projectId, rateCardVersion);
  const price = explainPrice(card, event, {
    quantity: quantity ?? undefined,
    properties: properties ?? undefined,
  });
  return price.approved ? price.value : null;
}

async function apiKeyOf(ctx: ExplainContext, projectId: ProjectId, id: ApiKeyId) {
  return (await readApiKey(ctx, projectId, id)) ?? null;
}

async function holdOf(
  ctx: ExplainContext,
  projectId: ProjectId,
  lines: readonly PostedLine[],
): Promise<Hold | null> {
  const id: HoldId | undefined = lines.flatMap(({ holdId }) => holdId ?? [])[0];
  if (id === undefined) return null;
  return (await readHold(ctx.db, projectId, id))?.hold ?? null;
}
