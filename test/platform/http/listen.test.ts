import { Agent, request as openRequest } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { listen } from "../../../src/platform/http/listen.js";
import { reply } from "../../../src/platform/http/reply.js";
import { until } from "../../support/until.js";
import { routeThat, type Things, thingRoutes } from "./things.js";
import { startWeb } from "./web.js";

const ctx: Things = { seen: [] };

/** A route that answers when the test opens its gate. */
function gated() {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = 0;
  const route = routeThat(async () => {
    waiting++;
    await gate;
    return reply.ok({ ok: true });
  });
  return { route, open: () => open(), waiting: () => waiting };
}

describe("closing", () => {
  it("finishes what runs, tells its connection to close, and takes nothing new", async () => {
    const { route, open, waiting } = gated();
    const web = await startWeb([route], ctx);
    const running = web.get("/does");
    await until(() => waiting() === 1, { because: "the request to run" });
    const closed = web.close();
    await expect(web.get("/does")).rejects.toThrow("fetch failed");
    open();
    const answer = await running;
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    await closed;
    await web.close();
  });

  it("ends idle connections at once", async () => {
    const web = await startWeb(thingRoutes, ctx);
    const agent = new Agent({ keepAlive: true });
    const client = openRequest(`${web.url}/plain`, { agent }).end();
    const [response] = await once(client, "response");
    response.resume();
    await once(response, "end");
    const startedMs = performance.now();
    await web.close(10_000);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    agent.destroy();
  });

  it("cuts off what does not finish in time", async () => {
    const { route, waiting } = gated();
    const web = await startWeb([route], ctx);
    const running = web.get("/does").catch(() => "cut off");
    await until(() => waiting() === 1, { because: "the request to run" });
    await web.close(100);
    expect(await running).toBe("cut off");
  });
});

it("rejects when the address is taken", async () => {
  const web = await startWeb(thingRoutes, ctx);
  const port = Number(new URL(web.url).port);
  await expect(listen(() => undefined, { host: "127.0.0.1", port })).rejects.toThrow("EADDRINUSE");
  await web.close();
});

it("takes only so many connections at once", async () => {
  const server = await listen((_request, response) => response.end("ok"), {
    host: "127.0.0.1",
    port: 0,
    connectionsMax: 1,
  });
  const first = connect(server.port, "127.0.0.1");
  await once(first, "connect");
  const second = connect(server.port, "127.0.0.1");
  await once(second, "close");
  expect(first.destroyed).toBe(false);
  first.destroy();
  await server.close({ timeoutMs: 1_000 });
});

it("bounds the time for headers and for a whole request", async () => {
  const { server, close } = await listen(() => undefined, { host: "127.0.0.1", port: 0 });
  expect([server.headersTimeout, server.requestTimeout]).toEqual([10_000, 30_000]);
  expect(server.keepAliveTimeout).toBeGreaterThan(60_000);
  expect(server.maxHeadersCount).toBe(100);
  await close({ timeoutMs: 1_000 });
});
