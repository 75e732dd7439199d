import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Things, thingRoutes } from "./things.js";
import { startWeb, type Web } from "./web.js";

const ctx: Things = { seen: [] };
let web: Web;
beforeAll(async () => {
  web = await startWeb(thingRoutes, ctx);
});
afterAll(() => web.close());
beforeEach(() => {
  ctx.seen.length = 0;
});

const nothingGotThrough = () => expect(ctx.seen).toEqual([]);

describe("a body", () => {
  it.each([
    ["an unknown field", { items: [], extra: 1 }, "extra"],
    ["an unknown field deep inside", { items: [{ name: "a", credits: 1, x: 1 }] }, "items[0].x"],
    ["a wrong type", { items: "none" }, "items"],
    ["a number as text", { items: [{ name: "a", credits: "1e3" }] }, "items[0].credits"],
    ["other digits", { items: [{ name: "a", credits: "٥" }] }, "items[0].credits"],
    ["nothing at all", {}, "items"],
  ])("with %s is refused and named", async (_what, body, param) => {
    const { status, json } = await web.post("/v1/things/a", body);
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
    nothingGotThrough();
  });

  it("that is missing, a list or a bare value is refused", async () => {
    for (const body of ["", "[]", "null", '"text"', "7"]) {
      const { status, json } = await web.post("/v1/things/a", body);
      expect([status, json["code"]]).toEqual([400, "invalid_request"]);
    }
    nothingGotThrough();
  });

  it("lists its faults, and not without end", async () => {
    const items = Array.from({ length: 60 }, () => ({ name: 1, credits: -1 }));
    const { json, text } = await web.post("/v1/things/a", { items });
    expect(json["errors"]).toHaveLength(20);
    expect(text.length).toBeLessThan(8_000);
    const fields = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`${n}`.repeat(90), 1]),
    );
    const many = await web.post("/v1/things/a", { items: [], ...fields });
    expect(many.text.length).toBeLessThan(8_000);
  });

  it.each([
    ["NaN", '{"items":[{"name":"a","credits":NaN}]}'],
    ["Infinity", '{"items":[{"name":"a","credits":Infinity}]}'],
    ["a comment", '{"items":[]/*x*/}'],
    ["a half document", '{"items":['],
    ["two documents", '{"items":[]}{}'],
    ["a byte order of its own", "\u0000\u0001\u0002"],
  ])("with %s is not JSON", async (_what, body) => {
    const { status, json } = await web.post("/v1/things/a", body);
    expect([status, json["code"]]).toEqual([400, "malformed_json"]);
    nothingGotThrough();
  });

  it.each([
    ["lists", (depth: number) => "[".repeat(depth) + "]".repeat(depth)],
    ["objects", (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth)],
    ["lists that never end", (depth: number) => "[".repeat(depth)],
  ])("of %s nested 40,000 or 100,000 deep is refused at once", async (_what, nest) => {
    for (const depth of [40_000, 100_000]) {
      const startedMs = performance.now();
      const body = `{"items":${nest(depth)}}`;
      const { status, json } = await web.post("/v1/things/a", body);
      expect([status, json["code"]]).toEqual(
        body.length > 262_144 ? [413, "body_too_large"] : [400, "malformed_json"],
      );
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    }
    nothingGotThrough();
  });

  it("may hold brackets and escapes in its texts", async () => {
    const note = `${"[".repeat(500)}"\\"{\\${"{".repeat(500)}`;
    expect((await web.post("/v1/things/a", { items: [], note })).status).toBe(201);
    expect(ctx.seen).toEqual([{ items: [], note }]);
  });

  it.each([
    ['{"items":[],"__proto__":{"admin":true}}', "__proto__"],
    ['{"items":[],"\\u005f_proto__":{"admin":true}}', "__proto__"],
    ['{"items":[],"metadata":{"constructor":"x"}}', "metadata.constructor"],
    ['{"items":[{"prototype":1}]}', "items[0].prototype"],
  ])("with a key that reaches prototypes is refused: %s", async (body, param) => {
    const { status, json } = await web.post("/v1/things/a", body);
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
    expect(Reflect.get({}, "admin")).toBeUndefined();
    nothingGotThrough();
  });

  it("may say __proto__ and constructor in its texts", async () => {
    const note = "the constructor of __proto__";
    expect((await web.post("/v1/things/a", { items: [], note })).status).toBe(201);
  });

  it.each(['{"items":[],"note":"a\\u0000b"}', '{"items":[],"note":"\\ud800"}'])(
    "with text that no database can hold is refused: %s",
    async (body) => {
      const { status, json } = await web.post("/v1/things/a", body);
      expect([status, json["param"]]).toEqual([400, "note"]);
      nothingGotThrough();
    },
  );

  it("counts the last of a repeated field, and shows invalid UTF-8 as the replacement character", async () => {
    const twice = await web.post("/v1/things/a", '{"items":[],"note":"a","note":"b"}');
    expect(twice.status).toBe(201);
    const bytes = Buffer.concat([
      Buffer.from('{"items":[],"note":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    await web.post("/v1/things/a", "", { body: bytes });
    expect(ctx.seen).toEqual([
      { items: [], note: "b" },
      { items: [], note: "\ufffd" },
    ]);
  });

  it("of 10 MB gets a 413 problem, announced or not", async () => {
    const big = Buffer.alloc(10 * 1024 * 1024, 0x20);
    const announced = await web.post("/v1/things/a", "", { body: big });
    expect([announced.status, announced.json["limitBytes"]]).toEqual([413, 262_144]);
    const stream = new Blob([big]).stream();
    const chunked = await web.post("/v1/things/a", "", { body: stream, duplex: "half" });
    expect([chunked.status, chunked.json["code"]]).toEqual([413, "body_too_large"]);
    nothingGotThrough();
  });

  it("that announces a gigabyte is refused before it is sent", async () => {
    const head =
      "POST /v1/things/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer chg_test_goodKeyGoodKeyGoodKey1\r\n";
    const answer = await sendRaw(`${head}Content-Length: 1000000000\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/connection: close/i);
  });

  it("is JSON by its content type, and never compressed", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "",
    ]) {
      const { status, json } = await web.post("/v1/things/a", '{"items":[]}', {
        headers: { "content-type": type },
      });
      expect([status, json["code"]]).toEqual([415, "unsupported_media_type"]);
    }
    const gzip = await web.post("/v1/things/a", "x", { headers: { "content-encoding": "gzip" } });
    expect(gzip.status).toBe(415);
    nothingGotThrough();
    const vendor = { "content-type": "Application/vnd.x+JSON; charset=utf-8" };
    expect((await web.post("/v1/things/a", { items: [] }, { headers: vendor })).status).toBe(201);
  });
});

describe("a path or a query", () => {
  it.each([
    ["/v1/things/a?unknown=1", "unknown"],
    ["/v1/things/a?__proto__=1", "__proto__"],
    ["/v1/things/a?dryRun=true&dryRun=false", "dryRun"],
    ["/v1/things/a%00b", "id"],
    ["/v1/things/a?dryRun=%00", "dryRun"],
    [`/v1/things/${"x".repeat(101)}`, "id"],
  ])("is refused and named: %s", async (path, param) => {
    const { status, json } = await web.post(path, { items: [] });
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
    nothingGotThrough();
  });

  it("with a broken escape is a bad request, not a failure", async () => {
    const { status, json } = await web.post("/v1/things/%E0%A4%A", { items: [] });
    expect([status, json["code"]]).toEqual([400, "invalid_request"]);
  });
});

describe("what is not HTTP", () => {
  it("gets a problem and a closed connection: too many header bytes, garbage, two lengths", async () => {
    const long = await sendRaw(
      `GET /plain HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`,
    );
    expect(long).toMatch(/^HTTP\/1.1 431 /);
    expect(long).toContain('"code":"headers_too_large"');
    expect(await sendRaw("NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    const smuggled =
      "POST /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(await sendRaw(smuggled)).toMatch(/^HTTP\/1.1 400 /);
    expect((await web.get("/plain")).status).toBe(200);
  });
});

async function sendRaw(bytes: string): Promise<string> {
  const { port, hostname } = new URL(web.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.once("error", () => resolve());
  });
  socket.write(bytes);
  await ended;
  return Buffer.concat(chunks).toString("utf8");
}
