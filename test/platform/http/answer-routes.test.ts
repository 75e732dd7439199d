import { once } from "node:events";
import { request as openRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { principals, goodKey, startWeb, type Web } from "./web.js";
import { refuseThing, routeThat, type Things, thingRoutes } from "./things.js";
import { Refusal } from "../../../src/kernel/refusals.js";
import { reply } from "../../../src/platform/http/reply.js";
import { until } from "../../support/until.js";

const ctx: Things = { seen: [] };
let web: Web;
beforeAll(async () => {
  web = await startWeb([...thingRoutes, refuseThing], ctx);
});
afterAll(() => web.close());

describe("a declared route", () => {
  it("gets what was parsed and who asks, and answers JSON that nobody may cache", async () => {
    const answer = await web.post("/v1/things/a%20b", { items: [{ name: "x", credits: 0.5 }] });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ id: "a b", count: 1, mode: "test" });
    expect(answer.headers.get("location")).toBe("/v1/things/a%20b");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("x-powered-by")).toBeNull();
  });

  it("answers HEAD like GET without a body", async () => {
    const [head, get] = await Promise.all([
      web.get("/v1/things/a", { method: "HEAD" }),
      web.get("/v1/things/a"),
    ]);
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(get.json["keyId"]).toBe(principals.get(goodKey)?.keyId);
  });

  it("answers 204, redirects and text as they are", async () => {
    const gone = await web.get("/v1/things/a", { method: "DELETE" });
    expect([gone.status, gone.text]).toEqual([204, ""]);
    const on = await web.get("/on");
    expect([on.status, on.headers.get("location")]).toEqual([303, "/page"]);
    const plain = await web.get("/plain");
    expect([plain.text, plain.headers.get("content-type")]).toEqual([
      "plain",
      "text/plain; charset=utf-8",
    ]);
  });

  it("shows pages that can run no script, load nothing and be framed by nobody", async () => {
    const { headers } = await web.get("/page");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/style-src 'sha256-[A-Za-z0-9+/]{43}='/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("a request id", () => {
  it("is the caller's when it is sane, and ours when it is not", async () => {
    const sane = await web.get("/plain", { headers: { "x-request-id": "trace-12345678" } });
    expect(sane.headers.get("x-request-id")).toBe("trace-12345678");
    for (const bad of ["short", "a".repeat(129), "has space in it", "sk_live_12345678901"]) {
      const { headers } = await web.get("/plain", { headers: { "x-request-id": bad } });
      expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-z]{26}$/);
    }
  });

  it("stands in the header, in the problem and in the log", async () => {
    const { headers, json } = await web.get("/nowhere");
    const id = headers.get("x-request-id") ?? "";
    expect(json["requestId"]).toBe(id);
    await until(() => web.logged().includes(id), { because: "the line of the request" });
  });
});

describe("a refusal", () => {
  it("is a problem document from the table, whose own members no extra can replace", async () => {
    const { status, json, headers } = await web.get("/does");
    expect(status).toBe(402);
    expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(json).toEqual({
      type: "/docs#insufficient_credits",
      title: "Not enough credits.",
      status: 402,
      detail: "12 credits are missing. Buy a pack.",
      code: "insufficient_credits",
      param: "credits",
      requestId: headers.get("x-request-id"),
      shortBy: 12,
    });
  });

  it("answers 404 where nothing is, whatever the method", async () => {
    for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
      const { status, json } = await web.get("/v1/nothing", { method });
      expect([status, json["code"]]).toEqual([404, "not_found"]);
    }
    expect((await web.get("/V1/things/a")).status).toBe(404);
  });

  it("answers 405 with what the path takes, and OPTIONS with the same", async () => {
    const put = await web.get("/v1/things/a", { method: "PUT" });
    expect([put.status, put.json["code"]]).toEqual([405, "method_not_allowed"]);
    expect(put.headers.get("allow")).toBe("POST, GET, DELETE, HEAD, OPTIONS");
    const options = await web.get("/v1/things/a", { method: "OPTIONS" });
    expect([options.status, options.text]).toEqual([204, ""]);
    expect(options.headers.get("allow")).toBe("POST, GET, DELETE, HEAD, OPTIONS");
  });
});

describe("a failure", () => {
  const webThat = (handle: Parameters<typeof routeThat>[0], timeoutMs = 25_000) =>
    startWeb([routeThat(handle)], ctx, { limits: { timeoutMs } });

  it("answers 500 without a word about the cause, and logs the cause", async () => {
    const failing = await webThat(async () => {
      throw new TypeError("secret inner workings");
    });
    const { status, json, text } = await failing.get("/does");
    expect([status, json["code"]]).toEqual([500, "internal"]);
    expect(text).not.toMatch(/secret inner|TypeError|node_modules|\.ts/);
    expect(failing.logged()).toContain("secret inner workings");
    await failing.close();
  });

  it("answers 503 with Retry-After while the database cannot be reached", async () => {
    const failing = await webThat(async () => {
      throw Object.assign(new Error("connect ECONNREFUSED 10.0.0.5:5432"), {
        code: "ECONNREFUSED",
      });
    });
    const { status, json, headers, text } = await failing.get("/does");
    expect([status, json["code"], headers.get("retry-after")]).toEqual([503, "unavailable", "2"]);
    expect(text).not.toContain("10.0.0.5");
    await failing.close();
  });

  it("ends a handler that takes too long with 503, and tells it through its signal", async () => {
    let told = false;
    const slow = await webThat(async (signal) => {
      await once(signal, "abort");
      told = true;
      throw new Error("cut off");
    }, 50);
    const { status, headers } = await slow.get("/does");
    expect([status, headers.get("retry-after"), told]).toEqual([503, "2", true]);
    await until(() => slow.logged().includes("cut off"), { because: "the late failure's line" });
    await slow.close();
  });

  it("tells a handler when its client went away, and logs no error for it", async () => {
    let entered = () => {};
    const running = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let told = false;
    const slow = await webThat(async (signal) => {
      entered();
      await once(signal, "abort");
      told = true;
      return reply.ok({ ok: true });
    });
    const client = openRequest(`${slow.url}/does`).on("error", () => undefined);
    client.end();
    await running;
    client.destroy();
    await until(() => told && slow.logged().includes('"status":499'), { because: "the abort" });
    expect(slow.logged()).not.toContain('"level":"error"');
    await slow.close();
  });

  it("takes a client that leaves in the middle of its body for no error of ours", async () => {
    const upload = openRequest(`${web.url}/v1/things/a`, {
      method: "POST",
      headers: { authorization: `Bearer ${goodKey}`, "content-type": "application/json" },
    }).on("error", () => undefined);
    upload.setHeader("content-length", "1000");
    upload.setHeader("x-request-id", "left-in-the-middle");
    upload.write('{"items":', () => upload.destroy());
    await until(() => /left-in-the-middle.*"status":499/.test(web.logged()), {
      because: "the line",
    });
    expect(web.logged()).not.toMatch(/left-in-the-middle.*refused after an error/);
    expect(web.logged()).not.toMatch(/"level":"error".*left-in-the-middle/);
  });

  it("answers 500 when it refuses with a code that the route does not name", async () => {
    const silent = await webThat(async () => {
      throw new Refusal("wallet_frozen", { detail: "It is frozen." });
    });
    expect((await silent.get("/does")).status).toBe(500);
    expect(silent.logged()).toContain("things.do names wallet_frozen in its refusals");
    await silent.close();
  });

  it("answers 500 when an answer is not what the route declares", async () => {
    const lying = await webThat(async () => reply.ok({ ok: "yes" }));
    expect((await lying.get("/does")).status).toBe(500);
    expect(lying.logged()).toContain("things.do answers what it declares");
    await lying.close();
    const trusted = await startWeb(
      [routeThat(async () => reply(418, { ok: "yes", more: 1 }))],
      ctx,
      {
        checkResponses: false,
      },
    );
    expect(await trusted.get("/does")).toMatchObject({ status: 418, json: { ok: "yes", more: 1 } });
    await trusted.close();
  });
});

it("logs the pattern of the route and the caller's key id, never the URL or a customer id", async () => {
  await web.get("/v1/things/jane.doe?x=1");
  await web.get("/v1/things/customer_4711");
  await web.get("/wallet/customer_4711");
  await until(() => web.logged().match(/"route":"\/v1\/things\/:id"/), { because: "the line" });
  expect(web.logged()).not.toMatch(/jane|4711|goodKey/);
  expect(web.logged()).toMatch(/"keyId":"key_[0-9a-z]{26}"/);
});

it("mounts a raw handler in front of everything, and goes on when it passes", async () => {
  const raw = await startWeb(thingRoutes, ctx, {
    rawMounts: [
      {
        path: "/stripe/webhooks",
        handler: (request, response, next) => {
          if (request.url === "/pass") next();
          else response.end(`raw ${request.url}`);
        },
      },
    ],
  });
  const answer = await raw.get("/stripe/webhooks/prj_1", { method: "POST", body: "{not json" });
  expect([answer.status, answer.text]).toEqual([200, "raw /prj_1"]);
  expect(answer.headers.get("content-security-policy")).toBeNull();
  expect(raw.logged()).toBe("");
  expect((await raw.get("/stripe/webhooks/pass")).json["code"]).toBe("not_found");
  await raw.close();
});
