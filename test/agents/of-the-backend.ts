import { randomUUID } from "node:crypto";
import { ForbiddenError } from "@chargly/sdk";
import { describe, expect, it } from "vitest";
import { dumpTables } from "../api/dump.js";
import type { Agents } from "./agents-api.js";

/** What a budget does not bound: an agent must not get at what the backend, its operators and its customer have. */
export function takesNothingOfTheBackends(agentsOf: () => Agents): void {
  describe("what is not the agent's", () => {
    it("takes no id of an event that the backend may want: its own begin with agent_", async () => {
      const { customerId, made, agent } = await agentsOf().newAgent({ total: 0 });
      const run = randomUUID();
      const event = { customerId, event: "chat.reply", quantity: 1 };
      const named = (id: string) => ({ ...event, id });
      const send = async (body: object, headers = {}) => {
        const answer = await agentsOf().post(
          made.token,
          "/v1/usage",
          JSON.stringify(body),
          headers,
        );
        return { ...answer, json: JSON.parse(answer.text) as Record<string, unknown> };
      };
      const lines = { "content-type": "application/x-ndjson" };
      const before = await dumpTables(agentsOf().stack.database);
      for (const [param, answer] of [
        ["id", await send(named(run))],
        ["[0].id", await send(named(run), lines)],
        ["[1].id", await send([named(`agent_${run}`), named(run)])],
        ["Idempotency-Key", await send(event, { "idempotency-key": run })],
      ] as const) {
        expect([answer.status, answer.json]).toMatchObject([
          400,
          { code: "invalid_request", param, detail: expect.stringContaining("agent_") },
        ]);
      }
      // Within its rights, but for its budget: what is refused takes no id, in a list neither.
      const own = named(`agent_${run}`);
      const refused = { id: own.id, code: "agent_budget" };
      for (const list of [[own], [own, own]])
        expect((await send(list)).json).toMatchObject({ rejected: list.map(() => refused) });
      for (const answer of [
        await send(own),
        await send(event),
        await send(event, { "idempotency-key": own.id }),
      ])
        expect([answer.status, answer.json]).toMatchObject([403, { code: "agent_budget" }]);
      await expect(agent.meterEvent(event)).rejects.toMatchObject({ code: "agent_budget" });
      await expect(agent.usage.get(own.id)).rejects.toMatchObject({ code: "not_found" });
      expect(await dumpTables(agentsOf().stack.database)).toBe(before);
      // The backend's event of that name is charged, and that of an agent's name, too.
      for (const id of [run, own.id])
        expect(await agentsOf().backend.meterEvent(named(id))).toMatchObject({
          deductedCredits: 1,
        });
    });

    it("gives the events of the SDK ids of its own", async () => {
      const { customerId, agent } = await agentsOf().newAgent();
      const event = { customerId, event: "chat.reply", quantity: 1 };
      expect((await agent.usage.meter(event)).id).toMatch(/^agent_[0-9a-f-]{36}$/);
      expect(await agent.usage.send([event, event])).toMatchObject({ applied: 2 });
      expect(agent.usage.record(event)).toMatch(/^agent_[0-9a-f-]{36}$/);
      await agent.usage.close();
      expect((await agentsOf().backend.getWallet(customerId)).available).toBe(96);
    });

    it("is linked to the wallet page only when it may read the statement and make checkouts", async () => {
      for (const [tools, isLinked] of [
        [["meter_event", "create_hold", "create_checkout"], false],
        [["meter_event", "create_hold", "list_transactions"], false],
        [["meter_event", "create_hold", "create_checkout", "list_transactions"], true],
      ] as const) {
        const { customerId, made } = await agentsOf().newAgent({ tools, total: 1_000 });
        const event = { customerId, event: "chat.reply", quantity: 101 };
        for (const [path, body] of [
          ["/v1/usage", event],
          ["/v1/holds", { customerId, credits: 101 }],
        ] as const) {
          const { status, text } = await agentsOf().post(made.token, path, JSON.stringify(body));
          expect([status, JSON.parse(text)]).toMatchObject([402, { shortBy: 1 }]);
          expect(text.includes("/wallet/")).toBe(isLinked);
          expect(text.includes("Ask a person to buy")).toBe(!isLinked);
        }
      }
    });

    it("names prices only when it was made to", async () => {
      const plain = await agentsOf().newAgent();
      const event = { event: "anything", credits: 2 };
      const asked = plain.agent.meterEvent({ ...event, customerId: plain.customerId });
      await expect(asked).rejects.toBeInstanceOf(ForbiddenError);
      const trusted = await agentsOf().newAgent({ namesPrices: true });
      const charged = await trusted.agent.meterEvent({ ...event, customerId: trusted.customerId });
      expect(charged).toMatchObject({ deductedCredits: 2 });
    });

    it("ends no checkout in which a person may be paying, and allows no promotion codes", async () => {
      const { customerId, agent } = await agentsOf().newAgent();
      const { backend } = agentsOf();
      const order = { customerId, creditPackCode: "starter-500" };
      const successUrl = "https://app.example.com/credits";
      const open = await backend.createCheckout({ ...order, successUrl });
      expect(await agent.createCheckout(order)).toEqual(open);
      await expect(
        agent.checkouts.create({ ...order, allowPromotionCodes: true }),
      ).rejects.toMatchObject({ code: "forbidden", param: "allowPromotionCodes" });
    });

    it("is not told why its wallet is frozen", async () => {
      const { customerId, agent } = await agentsOf().newAgent();
      const { backend } = agentsOf();
      await backend.wallets.freeze(customerId, { reason: "looks like theft" });
      const { frozen } = await backend.getWallet(customerId);
      expect(frozen).toMatchObject({ reason: "looks like theft" });
      expect((await agent.getWallet(customerId)).frozen).toEqual({ ...frozen, reason: null });
    });
  });
}
