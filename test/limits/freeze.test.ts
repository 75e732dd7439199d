import { describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { balanceOf, buy } from "../support/stack.js";
import {
  apply,
  callersKey,
  capturing,
  holding,
  limitsApi,
  releasing,
  spending,
} from "./limits-api.js";

const api = limitsApi();
const ten = wholeCredits(10);

describe("a frozen wallet", () => {
  it("says since when and why, and is a wallet like before when it is unfrozen", async () => {
    const { path, name } = await api.customer(47);
    const before = await api.call("GET", path);
    expect(before.json["frozen"]).toBeNull();
    const frozen = await api.call("POST", `${path}/freeze`, { reason: "  chargeback  " });
    expect([frozen.status, frozen.json]).toEqual([
      200,
      { ...before.json, frozen: { since: expect.stringMatching(/Z$/), reason: "chargeback" } },
    ]);
    expect((await api.call("GET", path)).json).toEqual(frozen.json);
    const thawed = await api.call("POST", `${path}/unfreeze`, {});
    expect([thawed.status, thawed.json]).toEqual([200, before.json]);
    expect(thawed.json["customerId"]).toBe(name);
  });

  it("refuses spends and holds, while open holds are captured and released and credits arrive", async () => {
    const { path, walletId, name } = await api.customer(100);
    const [captured, released] = [newId("hold"), newId("hold")];
    await apply(api.db(), [holding(walletId, captured, ten), holding(walletId, released, ten)]);
    await api.call("POST", `${path}/freeze`, { reason: "x" });
    const told = await apply(api.db(), [
      spending(walletId, ten),
      holding(walletId, newId("hold"), ten),
      capturing(walletId, captured, ten),
      releasing(walletId, released),
    ]);
    expect(told).toEqual(["wallet_frozen", "wallet_frozen", "done", "done"]);
    const gift = await api.call("POST", `${path}/grants`, { credits: 5, reason: "a gift" });
    expect(gift.status).toBe(201);
    const bought = await buy(api.stack(), name);
    await api.stack().simulator.control.pay(bought.sessionId);
    await api.call("GET", `/v1/checkouts/${bought.id}?wait=20`);
    expect(await balanceOf(api.stack(), name)).toBe(100 - 10 + 5 + 500);
    await api.call("POST", `${path}/unfreeze`, {});
    expect(await apply(api.db(), [spending(walletId, ten)])).toEqual(["done"]);
  });

  it("keeps its first reason when it is frozen again, and is not harmed by a second unfreezing", async () => {
    const { path, walletId } = await api.customer(1);
    const first = await api.call("POST", `${path}/freeze`, { reason: "first" });
    const second = await api.call("POST", `${path}/freeze`, { reason: "second" });
    expect([second.status, second.json]).toEqual([200, first.json]);
    for (const reason of ["settled", null]) await api.call("POST", `${path}/unfreeze`, { reason });
    const freeze = first.json["frozen"];
    const actor = await callersKey(api.db(), api.projectId());
    expect(await api.audit(publicId("wallet", walletId))).toEqual([
      { action: "wallet.freeze", actor, details: { before: null, after: freeze } },
      {
        action: "wallet.unfreeze",
        actor,
        details: { before: freeze, after: null, reason: "settled" },
      },
    ]);
  });

  it("tells its customer that it is paused, that nothing is lost, and not why", async () => {
    const { path } = await api.customer(47);
    const link = await api.call("POST", `${path}/links`, {});
    const page = async () =>
      (await fetch(String(link.json["url"]).replace(/^https?:\/\/[^/]+/, api.stack().url))).text();
    expect(await page()).not.toContain("paused");
    await api.call("POST", `${path}/freeze`, { reason: "looks like fraud" });
    const shown = await page();
    expect(shown).toContain("This wallet is paused. Your credits are kept");
    expect(shown).not.toContain("fraud");
    expect(shown).toContain("Buy credits");
    await api.call("POST", `${path}/unfreeze`, {});
    expect(await page()).not.toContain("paused");
  });

  it("is none that was never opened: a mistyped customer is not found", async () => {
    const answers = [
      await api.call("POST", "/v1/wallets/nobody_at_all/freeze", { reason: "x" }),
      await api.call("POST", "/v1/wallets/nobody_at_all/unfreeze", {}),
      await api.call("PUT", "/v1/wallets/nobody_at_all/spend-limits", { perDay: 1 }),
      await api.call("GET", "/v1/wallets/nobody_at_all/spend-limits"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(await api.db()("wallets").where({ customer_id: "nobody_at_all" })).toEqual([]);
  });

  it.each([
    [{}],
    [{ reason: "" }],
    [{ reason: "   " }],
    [{ reason: null }],
    [{ reason: 5 }],
    [{ reason: "a\u0000b" }],
    [{ reason: "two\nlines" }],
    [{ reason: "\u202eturned" }],
    [{ reason: "x".repeat(501) }],
    [{ reason: "x", frozenAt: null }],
  ])("is not made with %j", async (body) => {
    const { path } = await api.customer(1);
    const { status } = await api.call("POST", `${path}/freeze`, body);
    expect(status).toBe(400);
    expect((await api.call("GET", path)).json["frozen"]).toBeNull();
  });

  it("keeps a reason as it was written, however it looks", async () => {
    const { path } = await api.customer(1);
    const reason = `'); drop table wallets; -- <b>${"😀".repeat(200)}`;
    const { json } = await api.call("POST", `${path}/freeze`, { reason });
    expect(json["frozen"]).toMatchObject({ reason });
  });
});
