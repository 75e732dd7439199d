import { beforeAll, describe, expect, it } from "vitest";
import { newId, parsePublicId, type QuoteId, type WalletId } from "../../src/kernel/ids.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import { decideRedemption } from "../../src/rating/decide-redemption.js";
import { lockQuotes, markQuotesRedeemed } from "../../src/rating/redeem-quote.js";
import { chatTerms } from "./cards.js";
import { otherProject, ratingApi } from "./rating-api.js";

const api = ratingApi();
const reply = {
  customerId: "user_123",
  event: "chat.reply",
  properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
};
beforeAll(async () => {
  await api.publish(chatTerms);
  await api.give("user_123", 10);
});

async function frozenQuote(): Promise<{ readonly id: QuoteId; readonly walletId: WalletId }> {
  const { status, json } = await api.quote({ ...reply, freezeSeconds: 600 });
  const id = parsePublicId("quote", json["quoteId"]);
  const wallet = await readWallet(api.db(), api.projectId(), "user_123");
  if (status !== 201 || id === undefined || wallet === undefined)
    throw new Error(`no quote: ${status} ${JSON.stringify(json)}`);
  return { id, walletId: wallet.id };
}

/** As a hold or usage event does it: lock, decide, mark. */
async function redeem(id: QuoteId, walletId: WalletId, by: string): Promise<number> {
  return api.db().transaction(async (trx) => {
    const quotes = await lockQuotes(trx, api.projectId(), [id]);
    const asked = { walletId, event: "chat.reply", now: new Date() };
    const { rateCardVersion } = approvedOrThrow(decideRedemption(quotes.get(id), asked));
    await markQuotesRedeemed(trx, [{ quoteId: id, redeemedBy: by }]);
    return rateCardVersion;
  });
}

describe("a frozen quote", () => {
  it("keeps the version of the card, whatever is published meanwhile", async () => {
    const { id, walletId } = await frozenQuote();
    await api.publish({ events: { "chat.reply": { price: { type: "flat", credits: 99 } } } });
    const now = (await api.quote(reply)).json;
    expect(now).toMatchObject({ credits: 99, rateCardVersion: 2 });
    expect(await redeem(id, walletId, newId("hold"))).toBe(1);
    await api.publish(chatTerms);
  });

  it("expires by the clock of the database", async () => {
    const { id } = await frozenQuote();
    const { rows } = await api
      .db()
      .raw(
        "select extract(epoch from expires_at - created_at)::int as seconds from quotes where id = ?",
        [id],
      );
    expect(rows).toEqual([{ seconds: 600 }]);
  });

  it("is redeemed once, by one of 20 at the same time", async () => {
    const { id, walletId } = await frozenQuote();
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => redeem(id, walletId, newId("usageEvent"))),
    );
    const refused = tries.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
    expect(refused).toEqual(Array.from({ length: 19 }, () => "quote_redeemed"));
  });

  it("is locked for one project only, and unknown ones are left out", async () => {
    const { id } = await frozenQuote();
    const other = await otherProject(api);
    const unknown = newId("quote");
    await api.db().transaction(async (trx) => {
      expect([...(await lockQuotes(trx, other, [id])).keys()]).toEqual([]);
      expect([...(await lockQuotes(trx, api.projectId(), [unknown, id])).keys()]).toEqual([id]);
      expect((await lockQuotes(trx, api.projectId(), [])).size).toBe(0);
    });
  });

  it("many are redeemed in one statement, each by its own, or none of them", async () => {
    const quotes = [await frozenQuote(), await frozenQuote(), await frozenQuote()];
    const by = () => quotes.map(({ id }) => ({ quoteId: id, redeemedBy: newId("usageEvent") }));
    const first = by();
    await api.db().transaction((trx) => markQuotesRedeemed(trx, first.slice(0, 2)));
    const all = api.db().transaction((trx) => markQuotesRedeemed(trx, by()));
    await expect(all).rejects.toMatchObject({ constraint: "quotes_redeemed_once" });
    const rows = await api
      .db()("quotes")
      .whereIn(
        "id",
        quotes.map(({ id }) => id),
      )
      .orderBy("id");
    expect(rows.map((row) => row.redeemed_by)).toEqual([
      first[0]?.redeemedBy,
      first[1]?.redeemedBy,
      null,
    ]);
  });
});

describe("the database refuses", () => {
  const quoteOf = (id: QuoteId) => api.db()("quotes").where({ id });
  const redeemed = () => ({ redeemed_by: newId("hold"), redeemed_at: new Date() });

  it("a second redemption, and taking the first one back", async () => {
    const { id } = await frozenQuote();
    await quoteOf(id).update(redeemed());
    for (const change of [redeemed(), { redeemed_by: null, redeemed_at: null }])
      await expect(quoteOf(id).update(change)).rejects.toMatchObject({
        constraint: "quotes_redeemed_once",
      });
    await expect(quoteOf(id).delete()).rejects.toMatchObject({
      constraint: "quotes_redeemed_kept",
    });
  });

  it("one hold or event that uses two quotes", async () => {
    const [one, two] = [await frozenQuote(), await frozenQuote()];
    const same = redeemed();
    await quoteOf(one.id).update(same);
    await expect(quoteOf(two.id).update(same)).rejects.toMatchObject({
      constraint: "quotes_redeemer",
    });
  });

  it("other terms than were promised, and a quote that is born redeemed or of no version", async () => {
    const { id, walletId } = await frozenQuote();
    for (const change of [
      { credits: 1 },
      { rate_card_version: 2 },
      { event: "image.generate" },
      { expires_at: new Date(0) },
      { wallet_id: newId("wallet") },
      { project_id: newId("project") },
    ])
      await expect(quoteOf(id).update(change)).rejects.toMatchObject({
        constraint: "quotes_terms_immutable",
      });
    const row = {
      id: newId("quote"),
      project_id: api.projectId(),
      wallet_id: walletId,
      event: "chat.reply",
      rate_card_version: 1,
      credits: 1,
      expires_at: new Date(),
    };
    const quotes = () => api.db()("quotes");
    await expect(quotes().insert({ ...row, ...redeemed() })).rejects.toMatchObject({
      constraint: "quotes_open_unredeemed",
    });
    await expect(quotes().insert({ ...row, rate_card_version: 999 })).rejects.toMatchObject({
      constraint: "quotes_version_exists",
    });
    await expect(api.db().raw("truncate quotes")).rejects.toMatchObject({
      constraint: "quotes_never_emptied",
    });
    expect(await quoteOf(id).delete()).toBe(1);
  });
});

describe("whether a quote may be redeemed", () => {
  const quote = {
    id: newId("quote"),
    walletId: newId("wallet"),
    event: "chat.reply",
    rateCardVersion: 3,
    credits: 5n as never,
    expiresAt: new Date("2026-01-01T00:10:00Z"),
    redeemedBy: null,
  };
  const inTime = {
    walletId: quote.walletId,
    event: "chat.reply",
    now: new Date("2026-01-01T00:09:59.999Z"),
  };

  it("is decided by wallet, event, time and what happened before", () => {
    expect(decideRedemption(quote, inTime)).toEqual({
      approved: true,
      value: { rateCardVersion: 3 },
    });
    for (const [code, of, asked] of [
      ["not_found", undefined, {}],
      ["not_found", quote, { walletId: newId("wallet") }],
      ["not_found", quote, { event: "image.generate" }],
      ["quote_redeemed", { ...quote, redeemedBy: newId("hold") }, {}],
      ["quote_expired", quote, { now: quote.expiresAt }],
    ] as const)
      expect(decideRedemption(of, { ...inTime, ...asked })).toMatchObject({
        refusal: { code, details: { param: "quoteId" } },
      });
  });
});
