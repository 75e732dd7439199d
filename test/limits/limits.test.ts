import { describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { changeSpendLimits } from "../../src/limits/change-limits.js";
import { readTokenBudget } from "../../src/limits/read-token-budget.js";
import { lockApiKey } from "../../src/limits/store.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import { insertAgentToken } from "../support/agent-token.js";
import { until } from "../support/until.js";
import {
  apply,
  callersKey,
  holding,
  limitsApi,
  releasing,
  spending,
  type TestKey,
} from "./limits-api.js";

const api = limitsApi();
const ten = wholeCredits(10);
const spentOf = (json: Record<string, unknown>) =>
  [json["perMinute"], json["perDay"], json["perMonth"]].map(
    (each) => (each as Record<string, unknown>)["spent"],
  );
const limited = { perMinute: null, perDay: "100.5", perMonth: 1_000 };

describe.each(["wallet", "key"] as const)("the limits of a %s", (kind) => {
  const subject = async () => {
    const customer = await api.customer(1_000);
    const key = await api.key();
    const path = kind === "wallet" ? `${customer.path}/spend-limits` : key.path;
    const spend = async (credits = ten) => {
      const [told] = await apply(api.db(), [spending(customer.walletId, credits, key.id)]);
      return told;
    };
    const name =
      kind === "wallet" ? publicId("wallet", customer.walletId) : publicId("apiKey", key.id);
    return { customer, key, path, spend, name };
  };
  const code = `${kind}_spend_limit`;

  it("are none at first, and then nothing is counted", async () => {
    const { path, spend } = await subject();
    await spend();
    const { status, json } = await api.call("GET", path);
    const none = { limit: null, spent: null, countedSince: null, remaining: null };
    expect([status, json]).toMatchObject([200, { perMinute: none, perDay: none, perMonth: none }]);
    const resets = new Date((json["perMonth"] as { resetsAt: string }).resetsAt);
    expect([resets.getUTCDate(), resets.getUTCHours(), resets.getTime() > Date.now()]).toEqual([
      1,
      0,
      true,
    ]);
  });

  it("count from their answer on, in all periods, and refuse what goes over one", async () => {
    const { path, spend } = await subject();
    await spend();
    const set = await api.call("PUT", path, limited);
    expect([set.status, spentOf(set.json)]).toEqual([200, [0, 0, 0]]);
    expect(set.json).toMatchObject({
      perMinute: { limit: null },
      perDay: { limit: 100.5, remaining: 100.5 },
      perMonth: { limit: 1_000, remaining: 1_000 },
    });
    expect([await spend(wholeCredits(100)), await spend(wholeCredits(1))]).toEqual(["done", code]);
    const { json } = await api.call("GET", path);
    expect(json).toMatchObject({ perDay: { spent: 100, remaining: 0.5 } });
  });

  it("keep what was counted when they change, and a lower one only stops further spending", async () => {
    const { path, spend } = await subject();
    await api.call("PUT", path, { perMonth: 100 });
    await spend(wholeCredits(60));
    const lower = await api.call("PUT", path, { perDay: 50 });
    expect(lower.json).toMatchObject({
      perDay: { limit: 50, spent: 60, remaining: 0 },
      perMonth: { limit: null, spent: 60 },
    });
    expect(await spend()).toBe(code);
    await api.call("PUT", path, { perDay: 70 });
    expect([await spend(), await spend()]).toEqual(["done", code]);
  });

  it("of 0 stop all spending", async () => {
    const { path, spend } = await subject();
    await api.call("PUT", path, { perMonth: 0 });
    expect(await spend()).toBe(code);
  });

  it("are gone without a trace when all are taken away", async () => {
    const { path, spend, customer } = await subject();
    await api.call("PUT", path, { perDay: 5 });
    expect(await spend()).toBe(code);
    const gone = await api.call("PUT", path, {});
    expect([gone.status, spentOf(gone.json)]).toEqual([200, [null, null, null]]);
    expect(await spend()).toBe("done");
    expect(await api.db()("wallets").where({ id: customer.walletId }).first()).toMatchObject({
      limited: false,
    });
    const again = await api.call("PUT", path, { perDay: 5 });
    expect(spentOf(again.json)).toEqual([0, 0, 0]);
  });

  it("are in the audit log with before and after, and what changes nothing is not", async () => {
    const { path, name } = await subject();
    for (const body of [limited, limited, { perDay: 1 }, {}, {}]) await api.call("PUT", path, body);
    const none = { perMinute: null, perDay: null, perMonth: null };
    const first = { perMinute: null, perDay: 100.5, perMonth: 1_000 };
    const second = { ...none, perDay: 1 };
    const actor = await callersKey(api.db(), api.projectId());
    const action = kind === "wallet" ? "wallet.limit" : "api_key.limit";
    expect(await api.audit(name)).toEqual([
      { action, actor, details: { before: none, after: first } },
      { action, actor, details: { before: first, after: second } },
      { action, actor, details: { before: second, after: none } },
    ]);
  });

  it("count a hold in full, give back what it gives back, and not what was held before them", async () => {
    const { path, spend, customer, key } = await subject();
    const [early, late] = [newId("hold"), newId("hold")];
    const { walletId } = customer;
    await apply(api.db(), [holding(walletId, early, wholeCredits(50), key.id)]);
    await api.call("PUT", path, { perMonth: 100 });
    await spend(wholeCredits(20));
    const told = await apply(api.db(), [holding(walletId, late, wholeCredits(70), key.id)]);
    expect([told, await spend(wholeCredits(11))]).toEqual([["done"], code]);
    await apply(api.db(), [releasing(walletId, early)]);
    expect(spentOf((await api.call("GET", path)).json)[2]).toBe(90);
    await apply(api.db(), [releasing(walletId, late)]);
    expect(spentOf((await api.call("GET", path)).json)[2]).toBe(20);
  });

  it.each([
    [{ perDay: -1 }],
    [{ perDay: 1e9 }],
    [{ perDay: 0.000_000_1 }],
    [{ perDay: "1e3" }],
    [{ perDay: " 5" }],
    [{ perDay: true }],
    [{ perDay: [5] }],
    [{ perDay: { $gt: 0 } }],
    [{ perYear: 5 }],
    [{ perDay: 5, project_id: newId("project") }],
    [[5]],
    ['{"perDay": 1e3}'],
    ['{"perDay": 5, "__proto__": {"perDay": null}}'],
  ])("refuse %j and stay as they were", async (body) => {
    const { path } = await subject();
    await api.call("PUT", path, { perDay: 7 });
    const { status, json } = await api.call("PUT", path, body);
    expect([status, json["code"]]).toEqual([400, "invalid_request"]);
    expect((await api.call("GET", path)).json).toMatchObject({ perDay: { limit: 7 } });
  });
});

describe("whose limits they are", () => {
  it("is not an agent's token: its budget is fixed, and taking all limits away does not drop it", async () => {
    const owner = { projectId: api.projectId(), walletId: (await api.customer(5)).walletId };
    const token = await insertAgentToken(api.db(), owner, { total: wholeCredits(1) });
    const path = `/v1/api-keys/${publicId("apiKey", token)}/spend-limits`;
    for (const body of [{}, { perDay: 1_000 }]) {
      const { status, json } = await api.call("PUT", path, body);
      expect([status, json["code"]]).toEqual([409, "conflict"]);
    }
    const { total, perDay } = await readTokenBudget(api.db(), token);
    expect([total.limit, perDay.limit]).toEqual([wholeCredits(1), null]);
  });

  it("is asked within the project only: another's wallet or key is not found, and untouched", async () => {
    const { ctx } = api.stack();
    const wanted = { name: "others", mode: "test" as const, allowedOrigins: [] };
    const others = await createProject(ctx, wanted, "test");
    const { secret } = await createApiKey(ctx, others, { name: "k", scopes }, "test");
    const headers = { authorization: `Bearer ${secret}` };
    const [customer, key] = [await api.customer(5), await api.key()];
    const limitsPath = `${customer.path}/spend-limits`;
    for (const [method, path, body] of [
      ["GET", limitsPath],
      ["PUT", limitsPath, { perDay: 1 }],
      ["GET", key.path],
      ["PUT", key.path, { perDay: 1 }],
      ["POST", `${customer.path}/freeze`, { reason: "mine" }],
      ["POST", `${customer.path}/unfreeze`, {}],
    ] as const) {
      const { status, json } = await api.call(method, path, body, headers);
      expect([status, json["code"]], path).toEqual([404, "not_found"]);
    }
    expect(
      await api.db()("spend_limits").whereIn("subject_id", [customer.walletId, key.id]),
    ).toEqual([]);
    expect((await customer.wallet()).frozenAt).toBeNull();
  });

  it.each(["key_x", "wal_01k2x3v9g7f6q8r5s4t3w2y1z0", "%00", "key_01k2x3v9g7f6q8r5s4t3w2y1z0'--"])(
    "is refused when the id of a key is malformed: %s",
    async (id) => {
      const { status } = await api.call("PUT", `/v1/api-keys/${id}/spend-limits`, { perDay: 1 });
      expect(status).toBe(400);
    },
  );

  it("takes wallets:control to change, and for keys to read", async () => {
    const project = { id: api.projectId(), mode: "test" as const };
    const { secret } = await createApiKey(
      api.stack().ctx,
      project,
      { name: "app", scopes: scopes.filter((scope) => scope !== "wallets:control") },
      "test",
    );
    const headers = { authorization: `Bearer ${secret}` };
    const [customer, key] = [await api.customer(5), await api.key()];
    const path = `${customer.path}/spend-limits`;
    const asked = [
      await api.call("GET", path, undefined, headers),
      await api.call("PUT", path, {}, headers),
      await api.call("GET", key.path, undefined, headers),
      await api.call("PUT", key.path, {}, headers),
      await api.call("POST", `${customer.path}/freeze`, { reason: "x" }, headers),
      await api.call("POST", `${customer.path}/unfreeze`, {}, headers),
    ];
    expect(asked.map(({ status }) => status)).toEqual([200, 403, 403, 403, 403, 403]);
  });
});

describe("a key with limits makes no tokens", () => {
  const order = { customerId: "user_1", name: "agent", total: 900 };
  const make = ({ secret }: TestKey, headers = {}) =>
    api.call("POST", "/v1/agent-tokens", order, { authorization: `Bearer ${secret}`, ...headers });
  const refused = { code: "forbidden", detail: expect.stringContaining("tokens create-agent") };

  it("since what they spend would not count, nor does it hear again of one that it made", async () => {
    const key = await api.key();
    const once = { "idempotency-key": newId("apiKey") };
    expect((await make(key, once)).status).toBe(201);
    await api.call("PUT", key.path, { perDay: 100 });
    for (const headers of [once, {}]) {
      const { status, json } = await make(key, headers);
      expect([status, json]).toMatchObject([403, refused]);
    }
    await api.call("PUT", key.path, { perDay: null });
    expect((await make(key)).status).toBe(201);
  });

  it("also when they are set while it makes one", async () => {
    const key = await api.key();
    const subject = { type: "apiKey", id: key.id, projectId: api.projectId() } as const;
    const trx = await api.db().transaction();
    await lockApiKey(trx, subject.projectId, key.id);
    await changeSpendLimits(trx, subject, { day: ten }, "test");
    const making = make(key);
    const waiting = () =>
      api
        .db()("pg_stat_activity")
        .where({ wait_event_type: "Lock" })
        .whereILike("query", "%for share%");
    await until(async () => (await waiting()).length > 0, { because: "the token to wait" });
    await trx.commit();
    expect(await making).toMatchObject({ status: 403, json: refused });
  });
});
