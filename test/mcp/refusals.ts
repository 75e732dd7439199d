import { request as send } from "node:http";
import { Chargly } from "@chargly/sdk";
import { describe, expect, it } from "vitest";
import { customerOf } from "../sdk/customers.js";
import type { ProductShop } from "../sdk/shop.js";
import { overHttp } from "./clients.js";

interface Sent {
  readonly bearer?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: Record<string, unknown>;
}

const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });

/** A request to /mcp with exactly these headers; `fetch` would not let a Host be sent. */
function ask(url: string, { bearer, method = "POST", path = "/mcp", ...sent }: Sent) {
  return new Promise<Answered>((done, failed) => {
    const headers = {
      accept: "application/json, text/event-stream",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(method === "POST" ? { "content-type": "application/json" } : {}),
      ...sent.headers,
    };
    const outgoing = send(new URL(path, url), { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => {
        const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
        done({ status: response.statusCode, headers: response.headers, json });
      });
    });
    outgoing.on("error", failed);
    outgoing.end(method === "POST" ? (sent.body ?? ping) : undefined);
  });
}

/** Whom /mcp turns away, and how. */
export function refusesWhom(shopOf: () => ProductShop): void {
  const tokenFor = async (tools?: readonly string[], more: { readonly total?: number } = {}) => {
    const customerId = await customerOf(shopOf(), 10);
    const order = { customerId, name: "assistant", total: 50, ...more, tools };
    return shopOf().chargly.agentTokens.create(order);
  };
  const asked = async (sent: Sent) => ask(shopOf().stack.url, sent);

  describe("/mcp refuses", () => {
    it("who has no bearer, or an unknown one", async () => {
      const nobody = await asked({});
      expect([nobody.status, nobody.json["code"]]).toEqual([401, "unauthenticated"]);
      expect(nobody.headers["www-authenticate"]).toBe('Bearer realm="chargly"');
      const unknown = await asked({ bearer: `chg_agent_test_${"x".repeat(40)}` });
      expect(unknown.status).toBe(401);
      expect(unknown.headers["www-authenticate"]).toContain('error="invalid_token"');
    });

    it("a secret key, and says what to use", async () => {
      const { status, json } = await asked({ bearer: shopOf().stack.apiKey });
      expect([status, json["code"]]).toEqual([403, "forbidden"]);
      expect(json["detail"]).toContain("/v1/agent-tokens");
    });

    it("a token that was revoked, between two calls of one client", async () => {
      const { id, token } = await tokenFor();
      const { call, client } = await overHttp(shopOf().stack.url, token);
      expect((await call("get_wallet")).isError).toBe(false);
      await shopOf().chargly.agentTokens.revoke(id);
      await expect
        .poll(() => call("get_wallet").then(() => "answered", String))
        .toMatch(/401|revoked/);
      await client.close();
    });

    it("a token whose time is over", async () => {
      const { token, customerId } = await tokenFor();
      const { db } = shopOf().stack.database;
      await db.transaction(async (trx) => {
        await trx.raw("set local session_replication_role = replica");
        await trx("api_keys")
          .where({ kind: "agent" })
          .whereIn("wallet_id", trx("wallets").select("id").where({ customer_id: customerId }))
          .update({ expires_at: trx.raw("now() - interval '1 second'") });
      });
      expect((await asked({ bearer: token })).status).toBe(401);
    });

    it.each([
      ["a Host that is another's", { host: "evil.example.com" }, 403],
      ["an Origin of another site", { origin: "https://evil.example.com" }, 403],
      ["an Origin that is none", { origin: "null" }, 403],
      ["what is not JSON", { "content-type": "text/plain" }, 415],
    ])("%s", async (_what, headers, status) => {
      const { token } = await tokenFor();
      expect((await asked({ bearer: token, headers })).status).toBe(status);
    });

    it("bodies that are large or broken, other paths and other methods", async () => {
      const { token: bearer } = await tokenFor();
      expect((await asked({ bearer, body: `"${"x".repeat(70_000)}"` })).status).toBe(413);
      expect((await asked({ bearer, body: "{" })).json["code"]).toBe("malformed_json");
      expect((await asked({ bearer, path: "/mcp/more" })).status).toBe(404);
      expect((await asked({ bearer, method: "PUT" })).headers["allow"]).toBe("GET, POST, DELETE");
      for (const method of ["GET", "DELETE"])
        expect((await asked({ bearer, method })).status, method).toBe(405);
    });

    it("nobody who comes by its own name, and its own Origin", async () => {
      const { token: bearer } = await tokenFor();
      const { origin } = new URL(shopOf().stack.url);
      expect((await asked({ bearer, headers: { origin } })).status).toBe(200);
      expect((await asked({ bearer, headers: { host: "localhost:3000" } })).status).toBe(200);
    });
  });

  describe("a token", () => {
    it("has the tools that it names, and no others", async () => {
      const { token } = await tokenFor(["get_wallet", "explain_charge"]);
      const { client, call } = await overHttp(shopOf().stack.url, token);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(["get_wallet", "explain_charge"]);
      await expect(call("meter_event", { event: "chat.reply" })).rejects.toThrow(/not found/);
      expect((await call("explain_charge", { about: "grant" })).data).toMatchObject({
        credits: 10,
      });
    });

    it("with one tool that spends repeats an act by its id, and it is one", async () => {
      const { token, customerId } = await tokenFor(["meter_event"]);
      const { call } = await overHttp(shopOf().stack.url, token);
      const event = { event: "image.generate", quantity: 1, eventId: `only-${customerId}` };
      for (let times = 0; times < 2; times++)
        expect((await call("meter_event", event)).data).toMatchObject({ credits: 4 });
      expect(await shopOf().chargly.getWallet(customerId)).toMatchObject({ available: 6 });
    });

    it("does not go beyond its budget, and says what is left", async () => {
      const { token } = await tokenFor(undefined, { total: 5 });
      const { call } = await overHttp(shopOf().stack.url, token);
      expect((await call("meter_event", { event: "image.generate", quantity: 1 })).isError).toBe(
        false,
      );
      const { isError, data } = await call("create_hold", { credits: 2 });
      expect(isError).toBe(true);
      const shown = { budget: "total", limit: 5, spent: 4, remaining: 1, required: 2 };
      expect(data).toMatchObject({ code: "agent_budget", outcome: "refused", ...shown });
      expect((await call("get_wallet")).data).toMatchObject({
        available: 6,
        token: { budget: { total: { limit: 5, remaining: 1 } } },
      });
    });

    it("reaches no other wallet by an id that it was told", async () => {
      const { token } = await tokenFor();
      const { chargly, stack } = shopOf();
      const other = await customerOf(shopOf(), 10);
      const { id: holdId } = await chargly.holds.create({ customerId: other, credits: 5 });
      const [line] = (await chargly.transactions.list(other).page()).data;
      const { call } = await overHttp(stack.url, token);
      for (const [name, input] of [
        ["capture_hold", { holdId, credits: 5 }],
        ["release_hold", { holdId }],
        ["explain_charge", { transactionId: line?.id }],
      ] as const)
        expect((await call(name, input)).data["code"], name).toBe("not_found");
      expect(await chargly.getWallet(other)).toMatchObject({ available: 5, held: 5 });
    });

    it("may not name prices, unless it was made for that", async () => {
      const { token } = await tokenFor();
      const { call } = await overHttp(shopOf().stack.url, token);
      const { data } = await call("meter_event", { event: "chat.reply", credits: 0.5 });
      expect(data).toMatchObject({ code: "forbidden", outcome: "refused" });
    });
  });

  it("a tool that gets input it cannot take says which field", async () => {
    const { token } = await tokenFor();
    const { call } = await overHttp(shopOf().stack.url, token);
    for (const [name, input, param] of [
      ["create_hold", { credits: -1 }, "credits"],
      ["capture_hold", { holdId: "hold_1", credits: 1 }, "holdId"],
      ["get_wallet", { customerId: "somebody" }, ""],
      ["list_transactions", { limit: 1_000 }, "limit"],
    ] as const) {
      const { isError, data } = await call(name, input);
      expect([isError, data["code"], data["param"] ?? ""]).toEqual([
        true,
        "invalid_request",
        param,
      ]);
    }
  });

  it("calls of tools are counted for the client's address, and stand in the log by its request", async () => {
    const { token } = await tokenFor();
    const { headers } = await asked({
      bearer: token,
      headers: { "x-request-id": "from-a-client" },
    });
    expect(headers["x-request-id"]).toBe("from-a-client");
    expect(headers["ratelimit-policy"]).toContain('"mcp"');
    const other = new Chargly({ apiKey: token, baseUrl: shopOf().stack.url });
    expect((await other.agentTokens.self()).tools).toContain("get_wallet");
  });
}
