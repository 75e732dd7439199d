import { randomUUID } from "node:crypto";
import { type AgentTokenOrder, type Chargly, ForbiddenError } from "@chargly/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applicationScopes, scopes } from "../../src/tenancy/rules.js";
import type { TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { dumpTables } from "../api/dump.js";
import { type Agents, openAgents } from "./agents-api.js";
import { takesNothingOfTheBackends } from "./of-the-backend.js";

let agents: Agents;
let stack: TestStack;
let backend: Chargly;
beforeAll(async () => {
  agents = await openAgents();
  ({ stack, backend } = agents);
}, 60_000);
afterAll(() => stack.stop());

const newAgent = (order?: Partial<AgentTokenOrder>) => agents.newAgent(order);

describe("an agent's token", () => {
  it("does over REST what its tools say, for its customer, and knows what is left to it", async () => {
    const { customerId, agent, made } = await newAgent({ perCall: 8, perDay: 50 });
    expect(made.token).toMatch(/^chg_agent_test_[0-9a-f]{48}$/);
    expect(await agent.getWallet(customerId)).toMatchObject({ available: 100 });
    const event = { customerId, event: "chat.reply", quantity: 3 };
    expect(await agent.meterEvent(event)).toMatchObject({ deductedCredits: 3 });
    const hold = await agent.holds.create({ customerId, credits: 8 });
    await agent.holds.capture(hold.id, { credits: 5, close: true });
    const lines = await agent.transactions.list(customerId).toArray();
    expect(lines.length).toBeGreaterThan(2);
    const [newest] = lines;
    expect((await agent.transactions.explain(newest?.id ?? "")).customerId).toBe(customerId);
    expect(await agent.agentTokens.self()).toMatchObject({
      kind: "agent",
      mode: "test",
      customerId,
      tools: made.tools,
      expiresAt: made.expiresAt,
      budget: {
        perCall: 8,
        perDay: { limit: 50, spent: 8, remaining: 42 },
        total: { limit: 20, spent: 8, remaining: 12 },
      },
    });
    await expect(agent.meterEvent({ ...event, quantity: 9 })).rejects.toMatchObject({
      code: "agent_budget",
    });
    expect((await backend.getWallet(customerId)).available).toBe(92);
  });

  it("waits for its usage without being asked to, alone, in a list and in lines", async () => {
    const { customerId, made } = await newAgent();
    const event = { customerId, event: "chat.reply", quantity: 1 };
    const send = (body: string, headers = {}) =>
      agents.post(made.token, "/v1/usage", body, headers);
    expect(await send(JSON.stringify(event))).toMatchObject({
      status: 200,
      text: expect.stringContaining('"status":"applied"'),
    });
    expect(await send(JSON.stringify([event, event]))).toMatchObject({
      status: 200,
      text: expect.stringContaining('"applied":2'),
    });
    const lines = { "content-type": "application/x-ndjson" };
    expect((await send(JSON.stringify(event), lines)).text).toContain('"applied":1');
    expect((await backend.getWallet(customerId)).available).toBe(96);
  });

  it("may not name another customer anywhere in a list, and then nothing of it is taken", async () => {
    const { customerId, made } = await newAgent();
    const other = await newAgent();
    const events = [customerId, customerId, other.customerId].map((each) => ({
      customerId: each,
      event: "chat.reply",
      quantity: 1,
    }));
    const before = await dumpTables(stack.database);
    for (const [type, body] of [
      ["application/json", JSON.stringify(events)],
      ["application/x-ndjson", events.map((each) => JSON.stringify(each)).join("\n")],
    ] as const) {
      const answer = await agents.post(made.token, "/v1/usage", body, { "content-type": type });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([403, { code: "forbidden" }]);
      expect(answer.text).not.toContain(other.customerId);
    }
    expect(await dumpTables(stack.database)).toBe(before);
  });

  it("finds another customer's hold, event and line as little as one that nobody has", async () => {
    const { agent } = await newAgent();
    const theirs = await newAgent();
    const { customerId } = theirs;
    const hold = await backend.holds.create({ customerId, credits: 1 });
    const [line] = await backend.transactions.list(customerId).toArray();
    const id = `agent_${randomUUID()}`;
    await backend.meterEvent({ id, customerId, event: "chat.reply", quantity: 1 });
    const refusalOf = async (asked: Promise<unknown>) => {
      const { code, detail } = await asked.then(
        () => ({ code: "none", detail: "" }),
        (error: { code: string; detail: string }) => error,
      );
      return [code, detail];
    };
    const nobodys = "hold_01k2x3v9g7f6q8r5s4t3w2y1z0";
    const missing = await refusalOf(agent.holds.get(nobodys));
    expect(missing[0]).toBe("not_found");
    for (const ask of [
      () => agent.holds.get(hold.id),
      () => agent.holds.capture(hold.id, { credits: 1 }),
      () => agent.holds.release(hold.id),
      () => agent.usage.get(id),
      () => agent.usage.get(randomUUID()),
      () => agent.transactions.explain(line?.id ?? ""),
    ])
      expect(await refusalOf(ask())).toEqual(missing);
    // An id that is taken is a conflict, which does not say by what.
    const own = await agent.agentTokens.self();
    const taken = { id, customerId: own.customerId, event: "chat.reply", quantity: 1 };
    const { token } = await backend.agentTokens.create({
      customerId: own.customerId ?? "",
      name: "x",
      total: 5,
    });
    const answer = await agents.post(token, "/v1/usage", JSON.stringify(taken));
    expect(JSON.parse(answer.text)).toMatchObject({ code: "usage_id_conflict" });
    expect(answer.text).not.toMatch(/use_[0-9a-z]{26}/);
  });

  it("does not meet the Idempotency-Keys of the backend, nor of another customer's agent", async () => {
    const one = await newAgent();
    const two = await newAgent();
    const options = { idempotencyKey: randomUUID() };
    const holdOf = (client: Chargly, customerId: string) =>
      client.holds.create({ customerId, credits: 1 }, options);
    const holds = [
      await holdOf(one.agent, one.customerId),
      await holdOf(two.agent, two.customerId),
      await holdOf(backend, one.customerId),
      await holdOf(one.agent, one.customerId),
    ].map(({ id }) => id);
    expect(new Set(holds).size).toBe(3);
    expect(holds[3]).toBe(holds[0]);
  });

  it("spends nothing once its revocation is answered, in any process, and is unknown within a second", async () => {
    const another = await stack.start(["web"]);
    const { customerId, made, agent } = await newAgent();
    const there = agents.clientWith(made.token, another.url ?? "");
    const event = { customerId, event: "chat.reply", quantity: 1 };
    for (const client of [agent, there]) await client.meterEvent(event);
    const { status, revokedAt } = await backend.agentTokens.revoke(made.id);
    const revokedMs = performance.now();
    expect(status).toBe("revoked");
    for (const client of [agent, there])
      await expect(client.meterEvent(event)).rejects.toThrow(/40[13]|expired|revoked|ended/i);
    let lastKnownMs = 0;
    await until(
      async () => {
        const askedMs = performance.now();
        const answers = await Promise.allSettled([agent, there].map((c) => c.agentTokens.self()));
        const isOut = answers.every((answer) => answer.status === "rejected");
        if (!isOut) lastKnownMs = askedMs - revokedMs;
        return isOut;
      },
      { everyMs: 50, because: "the token to be unknown in both processes" },
    );
    expect(lastKnownMs).toBeLessThan(1_000);
    expect((await backend.getWallet(customerId)).available).toBe(98);
    expect((await backend.agentTokens.revoke(made.id)).revokedAt).toBe(revokedAt);
  });

  it("that has expired is unknown, and listed as such", async () => {
    const { customerId, made } = await newAgent();
    const over = stack.ctx.db.raw("clock_timestamp() - interval '1 second'");
    await stack.ctx.db("api_keys").where({ hint: made.hint }).update({ expires_at: over });
    const late = await stack.start(["web"]);
    const asked = agents.clientWith(made.token, late.url ?? "").agentTokens.self();
    await expect(asked).rejects.toThrow("This token has expired");
    const [listed] = await backend.agentTokens.list({ customerId }).toArray();
    expect(listed).toMatchObject({ id: made.id, status: "expired" });
    expect(listed).not.toHaveProperty("token");
  });
});

takesNothingOfTheBackends(() => agents);

describe("making one", () => {
  const order = { name: "agent", total: 5 };

  it("answers a repetition with the same token, which is nowhere in clear", async () => {
    const customerId = `user_${randomUUID()}`;
    const options = { idempotencyKey: randomUUID() };
    const first = await backend.agentTokens.create({ customerId, ...order }, options);
    const again = await backend.agentTokens.create({ customerId, ...order }, options);
    expect(again).toEqual(first);
    expect(await backend.agentTokens.list({ customerId }).toArray()).toHaveLength(1);
    const stored = await dumpTables(stack.database);
    expect(stored).toContain(first.hint);
    const secret = first.token.slice("chg_agent_test_".length);
    for (const form of [
      secret,
      Buffer.from(secret, "hex").toString("base64"),
      Buffer.from(first.token).toString("base64"),
      Buffer.from(first.token).toString("hex"),
    ])
      expect(stored).not.toContain(form);
  });

  it("gives no more than the asking key has, also in a repetition of what another key made", async () => {
    const customerId = `user_${randomUUID()}`;
    const options = { idempotencyKey: randomUUID() };
    await backend.agentTokens.create({ customerId, ...order }, options);
    const few = applicationScopes.filter((scope) => !scope.startsWith("holds:"));
    const poor = agents.clientWith((await agents.keyWith(few)).secret);
    const refused = { code: "forbidden", message: expect.stringContaining("create_hold") };
    for (const asked of [options, {}])
      await expect(poor.agentTokens.create({ customerId, ...order }, asked)).rejects.toMatchObject(
        refused,
      );
    const tools = ["get_wallet", "meter_event"];
    const made = await poor.agentTokens.create({ customerId, ...order, tools });
    expect(made.tools).toEqual(tools);
    const unpriced = few.filter((scope) => scope !== "usage:price");
    const asked = agents.clientWith((await agents.keyWith(unpriced)).secret).agentTokens.create({
      customerId,
      ...order,
      tools,
      namesPrices: true,
    });
    await expect(asked).rejects.toMatchObject({ code: "forbidden" });
  });

  it("needs a budget, and an end within 90 days", async () => {
    const customerId = `user_${randomUUID()}`;
    for (const wrong of [
      { total: undefined },
      { expiresInSeconds: 90 * 86_400 + 1 },
      { expiresInSeconds: 59 },
      { tools: [] },
      { tools: ["grant_credits"] },
      { total: -1 },
    ])
      await expect(
        backend.agentTokens.create({ customerId, ...order, ...wrong }),
      ).rejects.toMatchObject({ code: "invalid_request" });
    const reading = await backend.agentTokens.create({ customerId, ...order, total: 0 });
    expect((Date.parse(reading.expiresAt) - Date.parse(reading.createdAt)) / 1_000).toBeCloseTo(
      3_600,
      0,
    );
  });

  it("is for secret keys: no token makes tokens, or reads those of its customer", async () => {
    const { agent, customerId, made } = await newAgent();
    for (const ask of [
      () => agent.agentTokens.create({ customerId, ...order }),
      () => agent.agentTokens.get(made.id),
      () => agent.agentTokens.revoke(made.id),
      () => agent.agentTokens.list({ customerId }).toArray(),
    ])
      await expect(ask()).rejects.toBeInstanceOf(ForbiddenError);
    expect(await backend.agentTokens.get(made.id)).toMatchObject({ status: "in_force" });
  });

  it("is in the audit log, by its id", async () => {
    const { made } = await newAgent({ perCall: 2 });
    await backend.agentTokens.revoke(made.id);
    const lines = await stack.ctx.db("audit_log").where({ subject: made.id }).orderBy("id");
    expect(lines).toMatchObject([
      {
        action: "agent_token.create",
        details: { tools: made.tools, budget: { perCall: 2, perDay: null, total: 20 } },
      },
      { action: "agent_token.revoke" },
    ]);
  });
});

it("tells any bearer what it is", async () => {
  expect(await backend.agentTokens.self()).toMatchObject({
    kind: "secret",
    mode: "test",
    customerId: null,
    tools: null,
    budget: null,
    expiresAt: null,
    scopes: [...scopes],
  });
});
