import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgentToken } from "../../src/agents/create-agent-token.js";
import { revokeKey } from "../../src/agents/revoke-key.js";
import { zeroCredits } from "../../src/kernel/credits.js";
import { type ApiKeyId, newId, publicId, type WalletId } from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { readTokenBudget } from "../../src/limits/read-token-budget.js";
import { setTokenBudget } from "../../src/limits/set-token-budget.js";
import { createAuthenticator } from "../../src/tenancy/authenticate-key.js";
import { createApiKey, storeApiKey } from "../../src/tenancy/create-api-key.js";
import { listApiKeys } from "../../src/tenancy/list-api-keys.js";
import { revokeApiKey } from "../../src/tenancy/revoke-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { createLog } from "../../src/platform/log/create-log.js";
import { createVault } from "../../src/platform/vault/vault.js";
import { type Api, dump, masterKey, startApi, type Tenant } from "../wallets/api.js";
import { until } from "../support/until.js";
import type { Web } from "../platform/http/web.js";

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const walletPath = "/v1/wallets/user_123";
const log = createLog({ level: "silent", name: "keys" });
const statusWith = async (web: Web, secret: string) =>
  (await web.get(walletPath, { headers: { authorization: `Bearer ${secret}` } })).status;

it("keeps no key: the whole database holds neither its text nor its bytes", async () => {
  const { key } = await api.tenant();
  const body = key.secret.slice("chg_test_".length);
  const everything = await dump(api);
  expect(everything).toContain(key.hint);
  for (const form of [
    key.secret,
    body,
    Buffer.from(key.secret).toString("hex"),
    Buffer.from(body).toString("hex"),
    Buffer.from(key.secret).toString("base64"),
  ])
    expect(everything).not.toContain(form);
});

it("refuses a revoked key within a second, in every process that has just used it", async () => {
  const another = await api.startAnother();
  const { project, key } = await api.tenant();
  for (const web of [api.web, another]) expect(await statusWith(web, key.secret)).toBe(200);
  await revokeKey(api.db, project.id, key.id, "cli:test");
  const revokedMs = performance.now();
  for (const web of [api.web, another]) {
    const isRefused = async () => (await statusWith(web, key.secret)) === 401;
    await until(isRefused, { because: "the revoked key to be refused" });
  }
  expect(performance.now() - revokedMs).toBeLessThan(1_000);
  const again = await revokeKey(api.db, project.id, key.id, "cli:test");
  const [listed] = await listApiKeys(api, project.id);
  expect(listed?.revokedAt).toEqual(again.key.revokedAt);
  const ended = await createAuthenticator({ ...api, log })(key.secret);
  expect(ended).toEqual({ kind: "ended", because: "revoked" });
});

it("does not revoke the key of another project", async () => {
  const mine = await api.tenant();
  const theirs = await api.tenant();
  for (const keyId of [theirs.key.id, newId("apiKey")])
    await expect(revokeKey(api.db, mine.project.id, keyId, "cli:test")).rejects.toMatchObject({
      code: "not_found",
    });
  expect((await theirs.get(walletPath)).status).toBe(200);
});

it("remembers when a key was last used, and does not write for every request", async () => {
  const { project, key, get } = await api.tenant();
  const lastUsed = async () => (await listApiKeys(api, project.id))[0]?.lastUsedAt ?? undefined;
  expect(key.lastUsedAt).toBeNull();
  await get(walletPath);
  const first = await until(lastUsed, { because: "the use of the key to be kept" });
  const second = createAuthenticator({ ...api, log });
  expect(await second(key.secret)).toMatchObject({ keyId: key.id });
  expect(await lastUsed()).toEqual(first);
});

it("opens neither mode to the other's keys, not even when a row is moved by hand", async () => {
  const live = await api.tenant("live");
  const test = await api.tenant("test");
  expect(live.key.secret).toMatch(/^chg_live_/);
  expect((await live.get(walletPath)).status).toBe(200);
  const asLive = test.key.secret.replace("chg_test_", "chg_live_");
  expect(await statusWith(api.web, asLive)).toBe(401);
  const moved = await createApiKey(api, test.project, { name: "x", scopes: ["wallets:read"] }, "x");
  await api.db("api_keys").where({ id: moved.id }).update({ project_id: live.project.id });
  expect(await statusWith(api.web, moved.secret)).toBe(401);
  const wrong = { name: "x", scopes: ["wallets:read"], secret: test.key.secret } as const;
  await expect(
    api.db.transaction((trx) => storeApiKey(api, trx, live.project, wrong, "x")),
  ).rejects.toThrow("a key has the mode of its project");
});

it("knows keys that were hashed under an older master key, until that key is gone", async () => {
  const [first, second] = [masterKey("k1"), masterKey("k2")];
  const { project } = await api.tenant();
  const old = { db: api.db, vault: createVault([first]), log };
  const named = { name: "backend", scopes: ["wallets:read"] } as const;
  const { secret } = await createApiKey(old, project, named, "cli:test");
  const rotated = { ...old, vault: createVault([second, first]) };
  const young = await createApiKey(rotated, project, named, "cli:test");
  const both = createAuthenticator(rotated);
  expect(await both(secret)).toMatchObject({ projectId: project.id, mode: "test" });
  expect(await both(young.secret)).toMatchObject({ projectId: project.id });
  const withoutOld = createAuthenticator({ ...old, vault: createVault([second]) });
  expect(await withoutOld(secret)).toBeUndefined();
  expect(await withoutOld(young.secret)).toMatchObject({ projectId: project.id });
});

describe("tokens of agents and operators", () => {
  it("are who their row says: one wallet and its customer, or a project, with their tools", async () => {
    const tenant = await api.tenant();
    const { project } = tenant;
    const { id: walletId } = await openWallet(api.db, project.id, "user_123");
    const agent = await plant(tenant, { walletId });
    const operator = await plant(tenant, { tools: ["freeze_wallet"] });
    const authenticate = createAuthenticator({ ...api, log });
    expect(await authenticate(agent)).toMatchObject({
      kind: "agent",
      walletId,
      customerId: "user_123",
      projectId: project.id,
      tools: new Set(["get_wallet"]),
      scopes: new Set(["wallets:read"]),
    });
    expect(await authenticate(operator)).toMatchObject({ kind: "operator" });
    expect(await authenticate(agent.replace("agent", "operator"))).toBeUndefined();
    expect(await authenticate(agent.replace("agent_", ""))).toBeUndefined();
  });

  it("are nobody's from the moment that they expire, by the database's clock", async () => {
    const tenant = await api.tenant();
    const { project } = tenant;
    const secret = await plant(tenant, {});
    const ask = async () => createAuthenticator({ ...api, log })(secret);
    expect(await ask()).toMatchObject({ kind: "operator" });
    const over = api.db.raw("clock_timestamp()");
    await api
      .db("api_keys")
      .where({ project_id: project.id, kind: "operator" })
      .update({ expires_at: over });
    // The process, whose clock is an hour behind here, does not ask its own.
    expect(await ask()).toEqual({ kind: "ended", because: "expired" });
  });

  it("may do nothing where a route does not say so, agents nothing where it is not said whose", async () => {
    const tenant = await api.tenant();
    const { id: walletId } = await openWallet(api.db, tenant.project.id, "user_123");
    const may = { walletId, scopes: tenant.key.scopes, tools: ["list_transactions"] };
    const headers = { authorization: `Bearer ${await plant(tenant, may)}` };
    const link = await api.web.post(`${walletPath}/links`, {}, { headers });
    expect([link.status, link.json["code"]]).toEqual([403, "forbidden"]);
    expect(link.json["detail"]).toContain("list_transactions");
    const wallet = await api.web.get(walletPath, { headers });
    expect([wallet.status, wallet.json["requiredTools"]]).toEqual([403, ["get_wallet"]]);
    expect((await api.web.get(`${walletPath}/transactions`, { headers })).status).toBe(200);
    const other = await api.web.get("/v1/wallets/user_1234/transactions", { headers });
    expect([other.status, other.json["code"]]).toEqual([403, "forbidden"]);
  });
});

describe("revoking a key", () => {
  const make = (trx: Trx, { project }: Tenant, keyId: ApiKeyId | null) => {
    const who = { customerId: "user_123", name: "agent", tools: ["get_wallet"] } as const;
    const budget = { perCall: null, perDay: null, total: zeroCredits };
    const order = { ...who, ...budget, expiresInSeconds: 60, namesPrices: false };
    const maker = { actor: "test", keyId, scopes: new Set<string>(scopes) };
    return createAgentToken(api, trx, project, order, maker);
  };
  const waits = (query: string) =>
    until(
      async () =>
        (
          await api
            .db("pg_stat_activity")
            .where({ wait_event_type: "Lock" })
            .whereILike("query", query)
        ).length > 0,
      { because: `${query} to wait` },
    );

  it("ends the tokens that it made, with what they may spend, and no others", async () => {
    const tenant = await api.tenant();
    const { project, key } = tenant;
    const other = await createApiKey(api, project, { name: "other", scopes }, "test");
    const made = [];
    for (const by of [key.id, key.id, other.id, null])
      made.push((await api.db.transaction((trx) => make(trx, tenant, by))).token);
    expect(await revokeKey(api.db, project.id, key.id, "cli:test")).toMatchObject({
      tokensRevoked: 2,
    });
    const authenticate = createAuthenticator({ ...api, log });
    const ended = { kind: "ended", because: "revoked" };
    expect(await Promise.all(made.map(({ secret }) => authenticate(secret)))).toMatchObject([
      ended,
      ended,
      { kind: "agent" },
      { kind: "agent" },
    ]);
    const early = made.map(async ({ id, expiresAt }) => {
      const { endsAt } = await readTokenBudget(api.db, id);
      return endsAt < expiresAt;
    });
    expect(await Promise.all(early)).toEqual([true, true, false, false]);
    const lines = await api
      .db("audit_log")
      .where({ project_id: project.id, action: "agent_token.revoke" })
      .pluck("subject");
    expect(lines).toEqual(made.slice(0, 2).map(({ id }) => publicId("apiKey", id)));
  });

  it("lets no token slip past that is made at the same moment", async () => {
    const tenant = await api.tenant();
    const { project, key } = tenant;
    const making = await api.db.transaction();
    await make(making, tenant, key.id);
    const revoking = revokeKey(api.db, project.id, key.id, "cli:test");
    await waits("update%api_keys%");
    await making.commit();
    expect(await revoking).toMatchObject({ tokensRevoked: 1 });

    const late = await createApiKey(api, project, { name: "late", scopes }, "test");
    const revocation = await api.db.transaction();
    await revokeApiKey(revocation, project.id, late.id, "cli:test");
    const told = api.db
      .transaction((trx) => make(trx, tenant, late.id))
      .then(
        () => "made",
        ({ code }: { code: string }) => code,
      );
    await waits("%api_keys%for share%");
    await revocation.commit();
    expect(await told).toBe("unauthenticated");
  });
});

/** A token as its row says, in force for an hour. */
async function plant(
  { project }: Tenant,
  { walletId, ...fields }: { readonly walletId?: WalletId; readonly [column: string]: unknown },
): Promise<string> {
  const kind = walletId === undefined ? "operator" : "agent";
  const secret = `chg_${kind}_test_${randomBytes(24).toString("hex")}`;
  const { hash, keyId: hash_key_id } = api.vault.digest(secret);
  const endsAt = new Date(Date.now() + 3_600_000);
  const id = newId("apiKey");
  const row = { id, project_id: project.id, kind, name: "planted", hint: "…", hash, hash_key_id };
  const may = { scopes: ["wallets:read"], tools: ["get_wallet"], expires_at: endsAt, ...fields };
  await api.db.transaction(async (trx) => {
    await trx("api_keys").insert({ ...row, ...may, wallet_id: walletId ?? null });
    const budget = { perCall: null, perDay: null, total: null, endsAt };
    if (walletId !== undefined)
      await setTokenBudget(trx, { projectId: project.id, keyId: id, walletId, ...budget });
  });
  return secret;
}
