import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import { grantCredits } from "../../src/wallets/grant-credits.js";
import { transactionId } from "../../src/wallets/rules.js";
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

const newCustomer = () => `user_${++customers}`;
const grant = (customerId: string, body: unknown, headers?: Record<string, string>) =>
  shop.send("POST", `/v1/wallets/${customerId}/grants`, body, headers);
const correct = (customerId: string, body: unknown, headers?: Record<string, string>) =>
  shop.send("POST", `/v1/wallets/${customerId}/corrections`, body, headers);
const walletOf = async (customerId: string) => (await shop.get(`/v1/wallets/${customerId}`)).json;
const balance = (available: number) => ({ available, held: 0, debt: 0, total: available });
const auditOf = (action: string, subject: string) =>
  api.db("audit_log").where({ project_id: shop.project.id, action, subject }).orderBy("id");

describe("a wallet", () => {
  it("reads as empty before its first credit, and reading writes nothing", async () => {
    const before = await api.written();
    const customerId = newCustomer();
    const { status, json } = await shop.get(`/v1/wallets/${customerId}`);
    expect([status, json]).toEqual([
      200,
      { customerId, ...balance(0), frozen: null, createdAt: null },
    ]);
    const lines = await shop.get(`/v1/wallets/${customerId}/transactions`);
    expect(lines.json).toEqual({ data: [], hasMore: false, nextCursor: null });
    expect(await api.written()).toBe(before);
  });

  it("is opened by the first grant and keeps the caller's own id, whatever it looks like", async () => {
    for (const customerId of ["a/b?c#d%2F", "Jane Doe", "usér-東京-🎉", "%", "x".repeat(255)]) {
      const path = encodeURIComponent(customerId);
      const { status } = await grant(path, { credits: 47, reason: "welcome credits" });
      expect([customerId, status]).toEqual([customerId, 201]);
      expect(await walletOf(path)).toMatchObject({ customerId, ...balance(47) });
    }
  });

  it("spends what has the lower priority number first, also before what expires sooner", async () => {
    const customerId = newCustomer();
    await grant(customerId, { credits: 5, reason: "last", priority: 1_000 });
    await grant(customerId, { credits: 5, reason: "usual", expiresInDays: 1 });
    await grant(customerId, { credits: 5, reason: "first", priority: 0 });
    const { json } = await correct(customerId, { credits: -12, reason: "taken" });
    const taken = (json["transactions"] as { lotNo: number; credits: number }[]).map(
      ({ lotNo, credits }) => [lotNo, credits],
    );
    expect(taken).toEqual([
      [3, -5],
      [2, -5],
      [1, -2],
    ]);
    for (const priority of [-1, 1_001, 1.5, "low"])
      expect(await grant(customerId, { credits: 1, reason: "x", priority })).toMatchObject({
        status: 400,
        json: { param: "priority" },
      });
  });

  it("shows 547 after 47 and 500, with a statement that says why and adds up", async () => {
    const customerId = newCustomer();
    await grant(customerId, { credits: 47, reason: "welcome credits" });
    await grant(customerId, { credits: "500.5", reason: "a bug cost you time" });
    await correct(customerId, { credits: -0.5, reason: "half a credit too many" });
    const wallet = await walletOf(customerId);
    expect(wallet).toMatchObject(balance(547));
    const { json } = await shop.get(`/v1/wallets/${customerId}/transactions`);
    const lines = Array.isArray(json["data"]) ? json["data"] : [];
    expect(lines).toMatchObject([
      { seq: 3, kind: "correction_out", credits: -0.5, balance: balance(547) },
      { seq: 2, kind: "promotion", credits: 500.5, balance: balance(547.5) },
      { seq: 1, kind: "promotion", credits: 47, balance: balance(47) },
    ]);
    expect(lines.map((line) => line.description)).toEqual([
      "Corrected: half a credit too many",
      "Given: a bug cost you time",
      "Given: welcome credits",
    ]);
    expect(lines.map((line) => line.id)).toEqual(
      [3, 2, 1].map((seq) => expect.stringMatching(new RegExp(`^txn_[0-9a-z]{26}_${seq}$`))),
    );
  });

  it("says of a purchase what was bought, for how much, and which purchase it was", async () => {
    const customerId = newCustomer();
    const book = await walletBook(api.db, shop.project.id, customerId);
    const id = newId("purchase");
    await book.post((state) =>
      decideGrant(state, {
        kind: "purchase",
        amount: wholeCredits(500),
        cost: { amountMinor: 999n, currency: "usd" },
        expiresAt: null,
        cause: { type: "purchase", id },
        memo: "500 credits for $9.99",
      }),
    );
    const { json } = await shop.get(`/v1/wallets/${customerId}/transactions`);
    expect(json["data"]).toEqual([
      {
        id: transactionId(book.walletId, 1n),
        lotNo: 1,
        holdId: null,
        seq: 1,
        kind: "purchase",
        credits: 500,
        description: "Bought 500 credits for $9.99",
        cause: { type: "purchase", id: publicId("purchase", id) },
        balance: balance(500),
        at: expect.stringMatching(/Z$/),
      },
    ]);
  });

  it("pages its statement without gap or repeat, also while credits come in", async () => {
    const customerId = newCustomer();
    for (let n = 1; n <= 7; n++) await grant(customerId, { credits: n, reason: `gift ${n}` });
    const seen: number[] = [];
    let cursor = "";
    for (let page = 0; page < 4; page++) {
      const path = `/v1/wallets/${customerId}/transactions?limit=2${cursor}`;
      const { json } = await shop.get(path);
      const lines = Array.isArray(json["data"]) ? json["data"] : [];
      seen.push(...lines.map((line) => line.seq));
      expect(json["hasMore"]).toBe(page < 3);
      cursor = `&cursor=${json["nextCursor"]}`;
      await grant(customerId, { credits: 1, reason: "meanwhile" });
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });
});

describe("a grant", () => {
  it("answers its transactions and the balance, and leaves a line in the audit log", async () => {
    const customerId = newCustomer();
    const { status, json } = await grant(customerId, { credits: 47, reason: "  welcome  " });
    expect(status).toBe(201);
    expect(json).toMatchObject({ customerId, balance: balance(47) });
    expect(json["transactions"]).toMatchObject([
      { kind: "promotion", credits: 47, cause: { type: "operator", id: json["id"] } },
    ]);
    const wallet = await readWallet(api.db, shop.project.id, customerId);
    const entries = await auditOf("wallet.grant", wallet ? publicId("wallet", wallet.id) : "");
    expect(entries).toMatchObject([
      {
        actor: publicId("apiKey", shop.key.id),
        details: { adjustment: json["id"], credits: 47, reason: "welcome" },
      },
    ]);
  });

  it("expires so many days from now, by the database's clock", async () => {
    const customerId = newCustomer();
    await grant(customerId, { credits: 1, reason: "trial", expiresInDays: 30 });
    await grant(customerId, { credits: 2, reason: "for good", expiresInDays: null });
    const { rows } = await api.db.raw(
      `select granted, round(extract(epoch from expires_at - l.created_at) / 86400)::int as days
       from lots l join wallets w on w.id = l.wallet_id where w.customer_id = ? order by lot_no`,
      [customerId],
    );
    expect(rows).toEqual([
      { granted: 1_000_000n, days: 30 },
      { granted: 2_000_000n, days: null },
    ]);
  });

  it("has one effect for 64 parallel requests with one key, and one answer for all", async () => {
    const customerId = newCustomer();
    const headers = { "idempotency-key": `once-${customerId}` };
    const body = { credits: 5, reason: "once" };
    const one = async () => {
      const answer = await grant(customerId, body, headers);
      expect([201, 409, 503]).toContain(answer.status);
      return answer;
    };
    const answers = await Promise.all(Array.from({ length: 64 }, one));
    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    expect(done.filter(({ headers: sent }) => !sent.has("idempotent-replayed"))).toHaveLength(1);
    expect(await walletOf(customerId)).toMatchObject(balance(5));
    expect(await grant(customerId, body, headers)).toMatchObject({ text: done[0]?.text });
    const wallet = await readWallet(api.db, shop.project.id, customerId);
    expect(wallet?.seq).toBe(1n);
    expect(await auditOf("wallet.grant", publicId("wallet", wallet?.id ?? fail()))).toHaveLength(1);
  });

  it("adds up when 30 come at once with keys of their own", async () => {
    const customerId = newCustomer();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        grant(
          customerId,
          { credits: 1, reason: "many" },
          { "idempotency-key": `${customerId}-${n}` },
        ),
      ),
    );
    const done = answers.filter(({ status }) => status === 201).length;
    expect(done).toBeGreaterThan(0);
    expect(await walletOf(customerId)).toMatchObject(balance(done));
  });

  it("that would reach the limit of a wallet is refused", async () => {
    const customerId = newCustomer();
    await grant(customerId, { credits: "999999999.999999", reason: "all there is" });
    const before = await api.written();
    const { status, json } = await grant(customerId, { credits: 0.000001, reason: "a bit more" });
    expect([status, json["code"]]).toEqual([409, "balance_limit"]);
    expect(await api.written()).toBe(before);
    expect(await walletOf(customerId)).toMatchObject(balance(999_999_999.999999));
  });
});

describe("a correction", () => {
  it("takes from the lots in the order in which they would be spent, one transaction each", async () => {
    const customerId = newCustomer();
    await grant(customerId, { credits: 10, reason: "for good" });
    await grant(customerId, { credits: 10, reason: "for a day", expiresInDays: 1 });
    const { status, json } = await correct(customerId, { credits: -15, reason: "test data" });
    expect(status).toBe(201);
    expect(json["transactions"]).toMatchObject([
      { seq: 3, credits: -10, balance: balance(10) },
      { seq: 4, credits: -5, balance: balance(5) },
    ]);
    expect(json["balance"]).toEqual(balance(5));
  });

  it("says what is missing with 402 and leaves everything as it was, unopened wallets too", async () => {
    const rich = newCustomer();
    await grant(rich, { credits: 10, reason: "some" });
    const before = await api.written();
    for (const [customerId, available] of [
      [rich, 10],
      [newCustomer(), 0],
    ] as const) {
      const key = { "idempotency-key": `short-${customerId}` };
      const { status, json } = await correct(customerId, { credits: -10.5, reason: "more" }, key);
      expect(status).toBe(402);
      expect(json).toMatchObject({
        code: "insufficient_credits",
        available,
        required: 10.5,
        shortBy: 10.5 - available,
      });
    }
    expect(await api.written()).toBe(before);
  });

  it("adds credits too, and stands in the audit log as a correction", async () => {
    const customerId = newCustomer();
    const { json } = await correct(customerId, { credits: 2.5, reason: "lost in a migration" });
    expect(json["transactions"]).toMatchObject([{ kind: "correction_in", credits: 2.5 }]);
    const wallet = await readWallet(api.db, shop.project.id, customerId);
    const entries = await auditOf("wallet.correct", publicId("wallet", wallet?.id ?? fail()));
    expect(entries).toMatchObject([{ details: { credits: 2.5, reason: "lost in a migration" } }]);
  });
});

it("moves no credits when their line in the audit log cannot be written", async () => {
  const nobody = "";
  const gift = {
    projectId: shop.project.id,
    customerId: newCustomer(),
    credits: wholeCredits(5),
    reason: "by nobody",
  };
  const before = await api.written();
  await expect(api.db.transaction((trx) => grantCredits(trx, gift, nobody))).rejects.toMatchObject({
    constraint: "audit_log_actor_check",
  });
  expect(await api.written()).toBe(before);
});

it("leaves books that balance", async () => {
  const checks = await checkInvariants(api.db);
  expect(checks.filter(({ offenders }) => offenders > 0)).toEqual([]);
});

function fail(): never {
  throw new Error("the wallet is missing");
}
