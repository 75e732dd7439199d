import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Credits, wholeCredits } from "../../src/kernel/credits.js";
import { type GrantPreviewId, newId, parsePublicId, publicId } from "../../src/kernel/ids.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { confirmGrant } from "../../src/wallets/grant-previews/confirm-grant.js";
import {
  decideConfirmation,
  type WalletSeen,
} from "../../src/wallets/grant-previews/decide-confirmation.js";
import { walletBook } from "../support/ledger.js";
import { type Api, startApi, type Tenant } from "./api.js";

let api: Api;
let shop: Tenant;
let customers = 0;
beforeAll(async () => {
  api = await startApi();
  shop = await api.tenant();
});
afterAll(() => api.close());

const gift = { credits: 50, reason: "the answer was cut off" };
const balance = (available: number, debt = 0) => ({
  available,
  held: 0,
  debt,
  total: available - debt,
});

/** A customer with these credits, or who owes some when they are negative. */
async function customer(credits: number) {
  const customerId = `user_${++customers}`;
  const book = await walletBook(api.db, shop.project.id, customerId);
  if (credits > 0) await book.give(credits);
  if (credits < 0) await book.post(spending(-credits));
  return { customerId, ...book };
}

const spending =
  (credits: number): Parameters<Awaited<ReturnType<typeof walletBook>>["post"]>[0] =>
  (book, asked) =>
    decideSpend(book, {
      ...asked,
      amount: wholeCredits(credits),
      shortfall: { policy: "debt", limit: wholeCredits(1_000) },
      cause: { type: "usage", id: newId("usageEvent") },
      memo: null,
    });

const preview = (customerId: string, body: object = gift) =>
  shop.send("POST", `/v1/wallets/${customerId}/grant-previews`, body);
const confirm = (id: unknown, by = shop) =>
  by.send("POST", `/v1/grant-previews/${String(id)}/confirm`, {});
const walletOf = async (customerId: string) => (await shop.get(`/v1/wallets/${customerId}`)).json;
const idOf = (id: unknown): GrantPreviewId => {
  const parsed = parsePublicId("grantPreview", id);
  if (parsed === undefined) throw new Error("a preview has an id");
  return parsed;
};

describe("a preview of a grant", () => {
  it("says what would be, pays what is owed first, and moves nothing", async () => {
    const { customerId } = await customer(-12);
    const before = await api.written();
    const { status, json } = await preview(customerId, { ...gift, expiresInDays: 30 });
    expect([status, json]).toEqual([
      201,
      {
        id: expect.stringMatching(/^gpv_/),
        customerId,
        ...gift,
        before: balance(0, 12),
        after: balance(38),
        paysDebt: 12,
        creditsExpireAt: expect.any(String),
        frozen: false,
        expiresAt: expect.any(String),
      },
    ]);
    const nobody = await preview("nobody-yet");
    expect(nobody.json).toMatchObject({ before: balance(0), after: balance(50) });
    expect(await api.written()).toBe(before);
  });

  it("refuses what the grant would refuse", async () => {
    const { customerId } = await customer(10);
    const much = await preview(customerId, { ...gift, credits: 999_999_990 });
    expect(much).toMatchObject({ status: 409, json: { code: "balance_limit" } });
    expect((await preview(customerId, { ...gift, credits: 0 })).status).toBe(400);
    expect((await preview(customerId, { ...gift, reason: " " })).status).toBe(400);
  });

  it("is confirmed once, however often and by however many at once, and answers them all alike", async () => {
    const { customerId, walletId } = await customer(-12);
    const { json } = await preview(customerId, { ...gift, expiresInDays: 30 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => confirm(json["id"])));
    const [first] = answers;
    expect(first?.json).toMatchObject({ customerId, balance: json["after"] });
    for (const { status, text } of answers) expect([status, text]).toEqual([201, first?.text]);
    expect(await walletOf(customerId)).toMatchObject(balance(38));
    const { expires_at: expiresAt } = await api
      .db("lots")
      .where({ wallet_id: walletId, granted: 50_000_000n })
      .first();
    expect(expiresAt.toISOString()).toBe(json["creditsExpireAt"]);
    const lines = await api.db("audit_log").where({ subject: publicId("wallet", walletId) });
    const by = publicId("apiKey", shop.key.id);
    expect(lines).toMatchObject([
      { actor: by, action: "wallet.grant", details: { preview: json["id"], previewedBy: by } },
    ]);
  });

  it("gives nothing when the confirmation dies before its commit, and can be confirmed then", async () => {
    const { customerId } = await customer(0);
    const { json } = await preview(customerId);
    const { id: keyId } = shop.key;
    const order = { projectId: shop.project.id, keyId, id: idOf(json["id"]) };
    const dying = api.db.transaction(async (trx) => {
      await confirmGrant(trx, order);
      throw new Error("killed");
    });
    await expect(dying).rejects.toThrow("killed");
    expect(await walletOf(customerId)).toMatchObject(balance(0));
    expect((await confirm(json["id"])).status).toBe(201);
    expect((await confirm(json["id"])).status).toBe(201);
    expect(await walletOf(customerId)).toMatchObject(balance(50));
  });

  it("may be confirmed by another key that may give credits, and by none of another project", async () => {
    const { customerId, walletId } = await customer(0);
    const { json } = await preview(customerId);
    const stranger = await api.tenant();
    expect((await confirm(json["id"], stranger)).status).toBe(404);
    const vault = { db: api.db, vault: api.vault };
    const wanted = { name: "human", scopes: ["wallets:adjust"] as const };
    const other = await createApiKey(vault, shop.project, wanted, "test");
    const headers = { authorization: `Bearer ${other.secret}` };
    const path = `/v1/grant-previews/${String(json["id"])}/confirm`;
    expect((await api.web.post(path, {}, { headers })).status).toBe(201);
    const line = await api
      .db("audit_log")
      .where({ subject: publicId("wallet", walletId) })
      .first();
    expect(line).toMatchObject({
      actor: publicId("apiKey", other.id),
      details: { previewedBy: publicId("apiKey", shop.key.id) },
    });
  });

  it("holds while the wallet spends, and no longer when it owes another debt or is frozen", async () => {
    const outdated = { status: 409, json: { code: "preview_outdated" } };
    const spender = await customer(30);
    const held = await preview(spender.customerId);
    await spender.post(spending(10));
    expect((await confirm(held.json["id"])).json).toMatchObject({ balance: balance(70) });
    const debtor = await customer(5);
    const owing = await preview(debtor.customerId);
    await debtor.post(spending(10));
    expect(await confirm(owing.json["id"])).toMatchObject(outdated);
    expect(await walletOf(debtor.customerId)).toMatchObject(balance(0, 5));
    const frozen = await preview(spender.customerId);
    const freeze = { frozen_at: api.db.fn.now(), frozen_because: "a test" };
    await api.db("wallets").where({ id: spender.walletId }).update(freeze);
    expect(await confirm(frozen.json["id"])).toMatchObject(outdated);
    const now = await preview(spender.customerId);
    expect(now.json).toMatchObject({ frozen: true, before: balance(70), after: balance(120) });
    expect((await confirm(now.json["id"])).status).toBe(201);
  });

  it("holds for ten minutes; what was confirmed within them answers the same after them", async () => {
    const { customerId } = await customer(0);
    const [late, done] = [await preview(customerId), await preview(customerId)];
    const first = await confirm(done.json["id"]);
    await api.db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      const earlier = (column: string) => trx.raw(`${column} - interval '10 minutes'`);
      const [created_at, expires_at] = [earlier("created_at"), earlier("expires_at")];
      const confirmed_at = earlier("confirmed_at");
      await trx("grant_previews").update({ created_at, expires_at, confirmed_at });
    });
    expect(await confirm(late.json["id"])).toMatchObject({
      status: 409,
      json: { code: "preview_outdated", detail: expect.stringContaining("time") },
    });
    expect((await confirm(done.json["id"])).text).toBe(first.text);
    expect(await walletOf(customerId)).toMatchObject(balance(50));
  });

  it("is forgotten a week after its time, unless it was confirmed", async () => {
    const { customerId } = await customer(0);
    const [old, done] = [await preview(customerId), await preview(customerId)];
    await confirm(done.json["id"]);
    await api.db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      const past = trx.raw("expires_at - interval '8 days'");
      await trx("grant_previews").update({
        created_at: trx.raw("created_at - interval '9 days'"),
        expires_at: past,
        confirmed_at: trx.raw("confirmed_at - interval '9 days'"),
      });
    });
    await preview(customerId);
    expect((await confirm(old.json["id"])).status).toBe(404);
    expect((await confirm(done.json["id"])).status).toBe(201);
  });

  it("is refused by the database to be confirmed twice, changed, or forgotten once confirmed", async () => {
    const { customerId } = await customer(0);
    const id = idOf((await preview(customerId)).json["id"]);
    const row = () => api.db("grant_previews").where({ id });
    await expect(row().update({ credits: 51_000_000n })).rejects.toThrow("never changed");
    await confirm(publicId("grantPreview", id));
    await expect(row().update({ adjustment_id: newId("adjustment") })).rejects.toThrow("once");
    await expect(row().delete()).rejects.toThrow("are kept");
  });

  const seen = fc.record({
    debt: fc.constantFrom(0n, 1n, 5_000_000n).map((debt) => debt as Credits),
    frozen: fc.boolean(),
  });

  it("agrees with a wallet exactly when it is in time and the debt and the freeze are those it showed", () => {
    fc.assert(
      fc.property(seen, seen, fc.boolean(), (shown: WalletSeen, now: WalletSeen, isOver) => {
        const verdict = decideConfirmation({ shown, isOver }, now);
        const agrees = !isOver && shown.debt === now.debt && shown.frozen === now.frozen;
        expect(verdict.approved).toBe(agrees);
        if (!verdict.approved) expect(verdict.refusal.code).toBe("preview_outdated");
      }),
    );
  });
});
