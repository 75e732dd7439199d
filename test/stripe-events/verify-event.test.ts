import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyEvent } from "../../src/stripe-events/verify-event.js";
import { eventOf, headerOf, signatureOf } from "./signed.js";

const now = 1_800_000_000;
const secret = "whsec_the_secret_in_force";
const other = "whsec_of_another_endpoint";
const text = JSON.stringify(eventOf("evt_1"), null, 2);
const right = signatureOf(text, secret, now);

interface Delivery {
  readonly body?: string | Buffer;
  readonly header?: string | undefined;
  readonly secrets?: readonly string[];
  readonly nowMs?: number;
}

/** The code of the refusal, or the id of the event. */
function verdictOn({ body = text, secrets = [secret], nowMs = now * 1_000, ...rest }: Delivery) {
  const header = "header" in rest ? rest.header : headerOf(body, secret, now);
  const verdict = verifyEvent(Buffer.from(body), header, secrets, nowMs);
  return verdict.approved ? verdict.value.id : verdict.refusal.code;
}

describe("a delivery that Stripe signed", () => {
  it("verifies with any of the secrets in force", () => {
    expect(verdictOn({})).toBe("evt_1");
    expect(verdictOn({ secrets: [other, secret] })).toBe("evt_1");
    expect(verdictOn({ secrets: [secret, other] })).toBe("evt_1");
  });

  it("verifies when one of several signatures is right, and with other schemes beside it", () => {
    const wrong = signatureOf(text, other, now);
    for (const signatures of [
      `v1=${wrong},v1=${right}`,
      `v1=${right},v1=${wrong}`,
      `v0=${wrong},v1=${right},v2=${wrong}`,
    ])
      expect(verdictOn({ header: `t=${now},${signatures}` })).toBe("evt_1");
  });

  it.each([
    [-300, "evt_1"],
    [-299, "evt_1"],
    [300, "evt_1"],
    [-301, "invalid_signature"],
    [-3_600, "invalid_signature"],
    [301, "invalid_signature"],
    [3_600, "invalid_signature"],
    [10 ** 9, "invalid_signature"],
  ])("%s seconds away from our clock answers %s", (seconds, outcome) => {
    expect(verdictOn({ header: headerOf(text, secret, now + seconds) })).toBe(outcome);
  });
});

describe("anything else is no delivery of Stripe's", () => {
  it.each([
    ["no header", undefined],
    ["an empty header", ""],
    ["no signature", `t=${now}`],
    ["an empty signature", `t=${now},v1=`],
    ["another scheme only", `t=${now},v0=${right}`],
    ["no time", `v1=${right}`],
    ["a time that is no number", `t=now,v1=${right}`],
    ["another time than was signed", `t=${now + 1},v1=${right}`],
    ["two times, the right one first", `t=${now},t=${now + 1},v1=${right}`],
    ["a cut signature", `t=${now},v1=${right.slice(0, -1)}`],
    ["a longer signature", `t=${now},v1=${right}0`],
    ["capital letters", `t=${now},v1=${right.toUpperCase()}`],
    ["a header of many signatures", `t=${now}${",v1=0".repeat(3_000)}`],
  ])("with %s", (_what, header) => {
    expect(verdictOn({ header })).toBe("invalid_signature");
  });

  it("signed with a secret that is not in force, or while there is none", () => {
    expect(verdictOn({ secrets: [other] })).toBe("invalid_signature");
    expect(verdictOn({ secrets: [] })).toBe("invalid_signature");
    expect(verdictOn({ secrets: [""], header: headerOf(text, "", now) })).toBe("invalid_signature");
  });

  it("with one bit of the body flipped, wherever it stands", () => {
    const bytes = Buffer.from(text);
    const header = headerOf(text, secret, now);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const body = Buffer.from(bytes);
      body.writeUInt8(body.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(verdictOn({ body, header }), `bit ${bit}`).toBe("invalid_signature");
    }
  });

  it("with one letter of the signature changed, wherever it stands", () => {
    for (let at = 0; at < right.length; at++) {
      const letter = right[at] === "0" ? "1" : "0";
      const changed = right.slice(0, at) + letter + right.slice(at + 1);
      expect(verdictOn({ header: `t=${now},v1=${changed}` })).toBe("invalid_signature");
    }
  });

  it("with the same JSON written in another way", () => {
    const header = headerOf(text, secret, now);
    const compact = JSON.stringify(JSON.parse(text));
    for (const body of [compact, `${text}\n`, ` ${text}`, text.replace("1", "\\u0031")])
      expect(verdictOn({ body, header })).toBe("invalid_signature");
  });

  it("with a byte order mark in front, which decoders drop before they compare", () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]);
    expect(verdictOn({ body, header: headerOf(text, secret, now) })).toBe("invalid_signature");
  });

  it("with bytes that are no UTF-8, which decoders replace before they compare", () => {
    const signed = text.replace("unknown", "\ufffd");
    const [before = "", after = ""] = signed.split("\ufffd");
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    expect(verdictOn({ body, header: headerOf(signed, secret, now) })).toBe("invalid_signature");
  });

  it("whatever the header and the body are", () => {
    const header = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc
        .array(fc.constantFrom("t", "v1", "v0", "=", ",", "0", right, `${now}`, `t=${now}`))
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (sent, body) => {
        expect(verdictOn({ header: sent, body: Buffer.from(body) })).toBe("invalid_signature");
      }),
      { numRuns: 1_000 },
    );
  });

  it("and says the same for every signature that does not hold, without naming a secret", () => {
    const tries = [`t=${now},v1=00`, headerOf(text, other, now), headerOf(text, secret, now - 400)];
    const verdicts = tries.map((header) =>
      verifyEvent(Buffer.from(text), header, [secret], now * 1_000),
    );
    expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1);
    expect(JSON.stringify(verdicts)).not.toContain("whsec_");
  });
});

describe("the payload that is kept", () => {
  const payloadOf = (body: string) => {
    const header = headerOf(body, secret, now);
    const verdict = verifyEvent(Buffer.from(body), header, [secret], now * 1_000);
    return verdict.approved ? verdict.value.payload : verdict.refusal.code;
  };
  const withNote = (note: string) => text.replace("cs_test_unknown", note);

  it("is the body as it was signed, to the letter", () => {
    expect(payloadOf(text)).toBe(text);
    const escaped = withNote("\\u00e9 \\ud83d\\ude00 \\\\u0000 é 😀");
    expect(JSON.parse(payloadOf(escaped))).toEqual(JSON.parse(escaped));
  });

  it.each([
    ["a NUL", "a\\u0000b", "a\ufffdb"],
    ["half a surrogate pair", "a\\ud83db", "a\ufffdb"],
    ["the other half", "\\uDE00", "\ufffd"],
    ["both halves the wrong way round", "\\uDE00\\uD83D", "\ufffd\ufffd"],
    ["a NUL behind a backslash", "\\\\\\u0000", "\\\ufffd"],
  ])("shows %s, which Postgres cannot read, as the replacement character", (_what, sent, kept) => {
    expect(JSON.parse(payloadOf(withNote(sent)))).toEqual(
      eventOf("evt_1", { data: { object: { id: kept, object: "checkout.session" } } }),
    );
  });
});

describe("a body that Stripe's secret signed, but that is no snapshot event", () => {
  const thin = { id: "evt_1", object: "v2.core.event", type: "v1.x", livemode: false };
  it.each([
    ["a thin event", thin],
    ["null", null],
    ["a list", []],
    ["a text", "evt_1"],
    ["an empty object", {}],
    ["an event without an id", eventOf("evt_1", { id: undefined })],
    ["an id that is a number", eventOf("evt_1", { id: 5 })],
    ["an id with a NUL", eventOf("evt_\u0000")],
    ["an endless id", eventOf(`evt_${"x".repeat(10_000)}`)],
    ["no type", eventOf("evt_1", { type: undefined })],
    ["an endless type", eventOf("evt_1", { type: "x".repeat(101) })],
    ["a type with a NUL", eventOf("evt_1", { type: "a\u0000b" })],
    ["no mode", eventOf("evt_1", { livemode: undefined })],
    ["a mode in words", eventOf("evt_1", { livemode: "false" })],
    ["an account that is an object", eventOf("evt_1", { account: {} })],
    ["an account with a NUL", eventOf("evt_1", { account: "acct_\u0000" })],
    ["no data", eventOf("evt_1", { data: undefined })],
    ["data about nothing", eventOf("evt_1", { data: { object: null } })],
  ])("is refused as a request, so that it cannot hold up its neighbours: %s", (_what, event) => {
    expect(verdictOn({ body: JSON.stringify(event) })).toBe("invalid_request");
  });

  it.each([
    ["nothing", "", "invalid_request"],
    ["half a document", text.slice(0, -5), "invalid_request"],
    [
      "lists nested 100,000 deep",
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      "invalid_request",
    ],
    [
      "an event with something nested 20,000 deep",
      text.replace('"cs_test_unknown"', `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`),
      "invalid_request",
    ],
  ])("%s", (_what, body, code) => {
    expect(verdictOn({ body })).toBe(code);
  });
});
