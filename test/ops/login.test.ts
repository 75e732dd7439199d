import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSessions, sessionSeconds } from "../../src/ops/login/sessions.js";
import { Secret } from "../../src/platform/config/secret.js";
import { createVault } from "../../src/platform/vault/vault.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import {
  credentials,
  masterKey,
  operatorPassword,
  type OpsWeb,
  type OpsWebOptions,
  startOpsWeb,
} from "./ops-web.js";

const asBrowser = { accept: "text/html,application/xhtml+xml" };

describe.each(queueBackends)("the operator login, with the queue on %s", (kind) => {
  let backend: TestBackend;
  let web: OpsWeb;
  const open = async (options: Partial<OpsWebOptions> = {}): Promise<OpsWeb> =>
    startOpsWeb({
      engine: await backend.engine(),
      databaseUrl: backend.databaseUrl,
      ...options,
    });
  beforeAll(async () => {
    backend = await startBackend(kind);
    web = await open();
  });
  afterAll(async () => {
    await web.close();
    await backend.stop();
  });

  const below = [
    "/ops",
    "/ops/",
    "/ops/anything",
    "/ops/login/more",
    "/ops/queues",
    "/ops/queues/",
    "/ops/queues/queue/payments",
    "/ops/queues/metrics-history",
    "/ops/queues/api/queues",
    "/ops/queues/api/redis/stats",
    "/ops/queues/api/queues/payments/1",
    "/ops/queues/api/queues/payments/1/logs",
    "/ops/queues/static/images/logo.svg",
    "/ops/queues/static/locales/en-US/messages.json",
    "/ops/queues/static/../api/queues",
    "/ops/%71ueues/api/queues",
    "/ops//queues/api/queues",
  ];

  it("is asked for on every path below /ops: 401 for programs, the login page for people", async () => {
    for (const path of below) {
      const asProgram = await web.get(path, { accept: "application/json" });
      expect(asProgram.status, path).toBe(401);
      expect(await asProgram.json()).toMatchObject({ code: "unauthenticated" });
      const page = await web.get(path, asBrowser);
      expect(page.status, path).toBe(303);
      expect(page.headers.get("location")).toMatch(/^\/ops\/login\?next=%2Fops/);
    }
  });

  it("is asked for by every changing method too, also with our own origin", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await web.send(method, "/ops/queues/api/queues/payments/1/retry");
      expect(answer.status, method).toBe(401);
    }
  });

  it("opens everything with the right password, and takes the person where they wanted to go", async () => {
    const form = credentials();
    form.set("next", "/ops/queues/queue/payments?status=failed");
    const answer = await web.send("POST", "/ops/login", form);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/ops/queues/queue/payments?status=failed");
    const setCookie = answer.headers.get("set-cookie") ?? "";
    expect(setCookie).toMatch(/; Path=\/ops; HttpOnly; SameSite=Strict; Max-Age=28800$/);
    const cookie = setCookie.split(";")[0] ?? "";
    expect((await web.get("/ops", { cookie })).status).toBe(200);
    expect((await web.get("/ops/queues/", { cookie })).status).toBe(200);
    expect((await web.get("/ops/queues/api/queues", { cookie })).status).toBe(200);
    expect((await web.get("/ops/nowhere", { cookie })).status).toBe(404);
  });

  it("leads nowhere but to operator pages, whatever the form says", async () => {
    for (const next of [
      "https://evil.example",
      "//evil.example",
      "/\\evil",
      "/opsx",
      "/ops\r\nx",
    ]) {
      const fresh = await open();
      const form = credentials();
      form.set("next", next);
      const answer = await fresh.send("POST", "/ops/login", form);
      expect(answer.headers.get("location"), next).toBe("/ops");
      await fresh.close();
    }
  });

  it("refuses a wrong name or password with the same words, and sets no cookie", async () => {
    const fresh = await open();
    const wrong = [
      credentials("not the password"),
      credentials(operatorPassword, "somebody"),
      credentials(""),
      credentials(`${operatorPassword} `),
      new URLSearchParams(),
    ];
    const pages: string[] = [];
    for (const form of wrong) {
      const answer = await fresh.send("POST", "/ops/login", form);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("set-cookie")).toBeNull();
      pages.push(await answer.text());
    }
    expect(new Set(pages).size).toBe(1);
    expect(pages[0]).toContain("This name and password do not fit.");
    expect(fresh.logged()).not.toContain(operatorPassword);
    expect(fresh.logged()).not.toContain("not the password");
    await fresh.close();
  });

  it("takes ten attempts a minute from one address, then none, not even the right one", async () => {
    const fresh = await open();
    for (let attempt = 1; attempt <= 10; attempt++) {
      const answer = await fresh.send("POST", "/ops/login", credentials("a wrong guess"));
      expect(answer.status).toBe(401);
    }
    const locked = await fresh.send("POST", "/ops/login", credentials());
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(locked.headers.get("set-cookie")).toBeNull();
    await fresh.close();
  });

  it("does not take a session that was forged, changed, or made for another password", async () => {
    const good = await web.logIn();
    const [name = "", value = ""] = good.split("=");
    const [expiry = "", nonce = "", mac = ""] = value.split(".");
    const flipped = mac.startsWith("A") ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
    const clock = { nowMs: Date.now };
    const ours = createVault([{ id: "k1", bytes: masterKey }]);
    const theirs = createVault([{ id: "k1", bytes: Buffer.alloc(32, 7) }]);
    const operator = { user: "operator", password: new Secret(operatorPassword) };
    const forged = [
      "",
      "x",
      `${expiry}.${nonce}.${flipped}`,
      `${Number(expiry) + 60_000}.${nonce}.${mac}`,
      `${expiry}.${nonce}.`,
      `${expiry}.${nonce}.${mac}x`,
      `${expiry}.${nonce.slice(1)}.${mac}`,
      createSessions(theirs, clock, operator).issue(),
      createSessions(ours, clock, { ...operator, password: new Secret("the last one") }).issue(),
      createSessions(ours, clock, { ...operator, user: "root" }).issue(),
    ];
    for (const cookie of forged)
      expect((await web.get("/ops", { cookie: `${name}=${cookie}` })).status, cookie).toBe(401);
    expect((await web.get("/ops", { cookie: good })).status).toBe(200);
  });

  it("ends a session after eight hours", async () => {
    let nowMs = Date.parse("2026-01-31T12:00:00Z");
    const fresh = await open({ clock: { nowMs: () => nowMs } });
    const cookie = await fresh.logIn();
    nowMs += sessionSeconds * 1_000 - 1;
    expect((await fresh.get("/ops", { cookie })).status).toBe(200);
    nowMs += 1;
    expect((await fresh.get("/ops", { cookie })).status).toBe(401);
    await fresh.close();
  });

  it("takes the cookie away at logout", async () => {
    const cookie = await web.logIn();
    const answer = await web.send("POST", "/ops/logout", "", { cookie });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("set-cookie")).toMatch(/^chargly_operator=; .*Max-Age=0/);
  });

  it("refuses what comes from another site, or says not from where, and sends nothing on", async () => {
    const cookie = await web.logIn();
    const path = "/ops/queues/api/queues/payments/1/retry";
    const { host } = new URL(web.url);
    for (const origin of [
      "https://evil.example",
      "null",
      `https://${host}`,
      "http://127.0.0.1",
      "",
    ]) {
      for (const [method, target] of [
        ["PUT", path],
        ["POST", "/ops/login"],
        ["POST", "/ops/logout"],
      ] as const) {
        const answer = await web.send(method, target, "", { cookie, origin });
        expect(answer.status, `${method} ${target} from ${origin}`).toBe(403);
      }
    }
    const silent = await fetch(web.url + path, { method: "PUT", headers: { cookie } });
    expect(silent.status).toBe(403);
    expect((await web.send("PUT", path, "", { cookie })).status).toBe(404);
  });

  it("takes the public address as its own origin, and marks its cookie for https", async () => {
    const publicUrl = "https://credits.example.com";
    const fresh = await open({ publicUrl });
    const answer = await fresh.send("POST", "/ops/login", credentials(), { origin: publicUrl });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("set-cookie")).toMatch(/; Secure$/);
    await fresh.close();
  });

  it("is closed with 503 and the way to open it while there is no password", async () => {
    const config = { operator: { user: "operator", password: undefined } };
    const closed = await open({ config });
    for (const path of ["/ops", "/ops/login", "/ops/queues/api/queues"]) {
      const answer = await closed.get(path);
      expect(answer.status, path).toBe(503);
      expect(await answer.text()).toContain("OPERATOR_PASSWORD=");
    }
    const login = await closed.send("POST", "/ops/login", credentials(""));
    expect(login.status).toBe(503);
    await closed.close();
  });

  it("sends its pages under a policy without scripts, never cached, never framed", async () => {
    const cookie = await web.logIn();
    for (const path of ["/ops/login", "/ops"]) {
      const { headers } = await web.get(path, { cookie });
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("script-src");
      expect(policy).not.toContain("unsafe");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
      // Without a referrer browsers send `Origin: null` with the login form, which is then refused.
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});
