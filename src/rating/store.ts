import type { Credits } from "../kernel/credits.js";
import type { ProjectId, QuoteId, RateCardId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { rawPrepared } from "../platform/db/prepared.js";
import { QuoteRow, RateCardRow } from "./models.js";
import type { RateCardTerms } from "./rules.js";

/** A version without its terms, which may be large. */
export interface RateCardSummary {
  readonly version: number;
  readonly eventCount: number;
  readonly createdAt: Date;
}

/** Fails on the constraint `rate_cards_version` when another writer took the number. */
export async function insertRateCard(
  trx: Trx,
  card: {
    readonly id: RateCardId;
    readonly projectId: ProjectId;
    readonly version: number;
    readonly terms: RateCardTerms;
  },
): Promise<RateCardRow> {
  return RateCardRow.query(trx).insertAndFetch({ ...card, terms: JSON.stringify(card.terms) });
}

/** One probe of the index of versions; no terms are read. */
export async function selectCurrentVersion(
  trx: Database | Trx,
  projectId: ProjectId,
): Promise<number | undefined> {
  const { rows } = await rawPrepared<{ rows: { version: number }[] }>(
    trx,
    "select version from rate_cards where project_id = ? order by version desc limit 1",
    [projectId],
  );
  return rows[0]?.version;
}

/** The given version, or the one in force. */
export async function findRateCard(
  trx: Database | Trx,
  projectId: ProjectId,
  version?: number,
): Promise<RateCardRow | undefined> {
  const cards = RateCardRow.query(trx).where({ project_id: projectId });
  return version === undefined
    ? cards.orderBy("version", "desc").first()
    : cards.findOne({ version });
}

/** The newest first, behind `versionBefore` when given. */
export async function selectRateCards(
  trx: Database | Trx,
  projectId: ProjectId,
  { versionBefore, limit }: { readonly versionBefore: number | undefined; readonly limit: number },
): Promise<readonly RateCardSummary[]> {
  const newest = RateCardRow.query(trx)
    .where({ project_id: projectId })
    .select("version", "created_at")
    .select(
      trx.raw("(select count(*)::int from jsonb_object_keys(terms -> 'events')) as event_count"),
    )
    .castTo<RateCardSummary[]>()
    .orderBy("version", "desc")
    .limit(limit);
  return versionBefore === undefined ? newest : newest.where("version", "<", versionBefore);
}

/** The quote expires by the clock of the database, so that all processes agree when. */
export async function insertQuote(
  trx: Database | Trx,
  quote: {
    readonly id: QuoteId;
    readonly projectId: ProjectId;
    readonly walletId: WalletId;
    readonly event: string;
    readonly rateCardVersion: number;
    readonly credits: Credits;
    readonly seconds: number;
  },
): Promise<{ readonly expiresAt: Date }> {
  const { rows } = await trx.raw<{ rows: [{ expires_at: Date }] }>(
    `insert into quotes (id, project_id, wallet_id, event, rate_card_version, credits, expires_at)
     values (:id, :projectId, :walletId, :event, :rateCardVersion, :credits,
       clock_timestamp() + make_interval(secs => :seconds))
     returning expires_at`,
    { ...quote, credits: quote.credits.toString() },
  );
  return { expiresAt: rows[0].expires_at };
}

/** Locks ascending by id. */
export async function lockQuoteRows(
  trx: Trx,
  projectId: ProjectId,
  ids: readonly QuoteId[],
): Promise<readonly QuoteRow[]> {
  return QuoteRow.query(trx)
    .whereRaw("id = any(?)", [[...ids]])
    .where({ project_id: projectId })
    .orderBy("id")
    .forUpdate();
}

/** One statement for any number. The trigger `quotes_redeemed_once` refuses all when one was redeemed before. */
export async function updateRedeemed(
  trx: Trx,
  redemptions: readonly { readonly quoteId: QuoteId; readonly redeemedBy: string }[],
): Promise<number> {
  // The ids are named twice: for a join alone the planner would read the whole table.
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update quotes set redeemed_by = redeemed.by_id, redeemed_at = clock_timestamp()
     from unnest(:ids::uuid[], :by::uuid[]) redeemed (quote_id, by_id)
     where quotes.id = any(:ids::uuid[]) and quotes.id = redeemed.quote_id`,
    {
      ids: redemptions.map(({ quoteId }) => quoteId),
      by: redemptions.map(({ redeemedBy }) => redeemedBy),
    },
  );
  return rowCount;
}

/**
 * Deletes at most `limit` quotes that expired so many days ago and that nobody redeemed, the oldest first.
 * `statement_timestamp()`, so that the index `quotes_to_forget` is used.
 */
export async function deleteForgotten(
  db: Database | Trx,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `delete from quotes where (wallet_id, id) in (
       select wallet_id, id from quotes
       where redeemed_by is null and expires_at < statement_timestamp() - make_interval(days => ?)
       order by expires_at limit ? for update skip locked)`,
    [days, limit],
  );
  return rowCount;
}
