import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLog, type LogOptions } from "../../../src/platform/log/create-log.js";
import { redactLine } from "../../../src/platform/log/redact.js";
import { Secret } from "../../../src/platform/config/secret.js";

function logInto(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: "trace", name: "test", destination, ...options });
  return { log, written: () => lines.join("") };
}

const nasty: readonly [what: string, secret: string, text: string][] = [
  ["a key of ours", "abcDEF123456", "used chg_live_abcDEF123456 today"],
  ["an agent's token", "abcDEF123456", "used chg_agent_test_abcDEF123456 today"],
  ["a Stripe key", "51Habc123", "Invalid API Key: sk_test_51Habc123"],
  ["a restricted key", "51Habc123", "xrk_live_51Habc123"],
  ["a webhook secret", "Zm9vYmFy+/=", "whsec_Zm9vYmFy+/="],
  ["a bearer token", "eyJhbGciOi.J9-_", 'got {"authorization":"Bearer eyJhbGciOi.J9-_"}'],
  ["a Basic credential", "dXNlcjpwYXNz", "Authorization: Basic dXNlcjpwYXNz"],
  [
    "a signature",
    "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    "t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
  ],
  ["a mail address", "jane.doe", "no wallet for jane.doe+x@example.co.uk."],
  ["a mail address after a line end", "jane.doe", "line\njane.doe@example.com"],
  ["an address in other letters", "münchen", "user@münchen.de"],
  ["a database password", "hunter2", "connect postgres://chargly:hunter2@db:5432/x failed"],
  ["a password with an @", "hun@ter2", "postgresql://chargly:hun@ter2@db:5432/x"],
  ["a Redis password", "hunter2", "redis://:hunter2@10.0.0.1:6379"],
  ["a card number", "4242424242424242", "card 4242424242424242"],
  ["a card number with spaces", "4242 4242 4242 4242", "card 4242 4242 4242 4242!"],
  ["a card number with dashes", "5555-5555-5555-4444", "(5555-5555-5555-4444)"],
  ["a client secret", "YrKJUKribcBjcG8", "pi_3MtwBw_secret_YrKJUKribcBjcG8"],
  ["a checkout page", "cs_test_a1b2", "https://checkout.stripe.com/c/pay/cs_test_a1b2#fid"],
];

describe("what is logged never shows", () => {
  it.each(nasty)("%s, wherever in the line it stands", (_what, secret, text) => {
    const { log, written } = logInto();
    log.info(text);
    log.info({ text, deep: { list: [{ text }] } }, "fields");
    log.info({ [text]: 1 }, "a name");
    log.child({ text }).warn("bound");
    log.error({ err: new Error(text, { cause: new Error(`because ${text}`) }) });
    log.error(new Error(text));
    log.info("formatted %s %j", text, { text });
    log.info({ json: JSON.stringify({ inner: JSON.stringify({ text }) }) }, "twice quoted");
    expect(written()).not.toContain(secret);
    const lines = written().trim().split("\n");
    expect(lines).toHaveLength(8);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ name: "test" });
  });

  it("the value of a field with a secret's name, of any type", () => {
    const { log, written } = logInto();
    const headers = { Authorization: 'tok 1"2', cookie: ["a=top", "b=top"], "Set-Cookie": "top" };
    log.info({ headers, password: "top", apiKey: 999888777, secret: { a: "top" } }, "x");
    log.info({ rawHeaders: ["Stripe-Signature", "top", "Cookie", "top"] }, "x");
    expect(written()).not.toMatch(/tok 1|top|999888777/);
    for (const line of written().trim().split("\n")) JSON.parse(line);
  });

  it("a Secret of the configuration", () => {
    const { log, written } = logInto();
    log.info({ config: { key: new Secret("swordfish") }, text: `${new Secret("swordfish")}` }, "x");
    expect(written()).toContain("[redacted]");
    expect(written()).not.toContain("swordfish");
  });

  it("what libraries hang on their errors: rows, requests, statements with their values", () => {
    const { log, written } = logInto();
    const message = "insert into wallets (customer_id) values ('jane') - duplicate key value";
    const extra = {
      code: "23505",
      constraint: "wallets_pkey",
      detail: "Key (id)=(jane)",
      request: { a: "jane" },
    };
    log.error({ err: Object.assign(new Error(message), extra) }, "failed");
    expect(written()).not.toContain("jane");
    expect(written()).toContain("duplicate key value");
    expect(written()).toContain("wallets_pkey");
    expect(written()).toMatch(/create-log\.test/);
  });
});

describe("what is no secret stays", () => {
  it.each([
    "request answered",
    "risk_level task_list",
    "wal_01jdabcd0123456789abcdefgh",
    "2026-11-22T18:49:08.000Z",
    "0193a1b2-4242-7242-8242-424242424242",
    "http://127.0.0.1:3000/v1",
    "postgres://db:5432/chargly",
    "amount 1234567890123456",
    "a @ b",
  ])("%s", (text) => {
    expect(redactLine(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
  });

  it("times and amounts, as numbers", () => {
    const line = JSON.stringify({ time: 1795373349967, credits: 547000000, list: [1, 2.5, -3e21] });
    expect(redactLine(line)).toBe(line);
    const card = redactLine('{"a":4242424242424242,"b":[5555555555554444]}');
    expect(JSON.parse(card)).toEqual({ a: 0, b: [0] });
  });
});

it("leaves every line of JSON a line of JSON", () => {
  const secretish = fc.constantFrom(
    ...nasty.map(([, , text]) => text),
    '"password":"',
    "\\",
    "\n",
    '"',
    "@",
  );
  const text = fc
    .array(fc.oneof(secretish, fc.string({ unit: "binary" })))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.double())), (fields) => {
      const line = JSON.stringify({ fields });
      expect(() => JSON.parse(redactLine(line))).not.toThrow();
    }),
    { numRuns: 200 },
  );
});

it("redacts long hostile text in a time that grows with its length", () => {
  for (const text of [
    "a".repeat(2e5),
    "@".repeat(2e5),
    "4".repeat(2e5),
    "a.".repeat(1e5),
    "a:".repeat(1e5),
    "a@a.".repeat(2e5),
  ]) {
    const startedMs = performance.now();
    redactLine(JSON.stringify({ text }));
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  }
});

it("writes lines for people on request, with the stack below", () => {
  const { log, written } = logInto({ pretty: true });
  log.info({ route: "/v1", status: 200 }, "request answered");
  log.error({ err: new Error("boom") }, "failed");
  expect(written()).toMatch(
    /^\d\d:\d\d:\d\d INFO {2}test request answered route=\/v1 status=200\n/,
  );
  expect(written()).toMatch(/ERROR test failed\nError: boom\n\s+at /);
});

it("says levels by name and keeps below its level silent", () => {
  const { log, written } = logInto({ level: "warn" });
  log.info("no");
  log.warn("yes");
  expect(written()).toContain('"level":"warn"');
  expect(written()).not.toContain('"no"');
});
