import { isUtf8 } from "node:buffer";
import Stripe from "stripe";
import { z } from "zod";
import { present } from "../kernel/assert.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { jsonDepthMax, nestsDeeperThan } from "../platform/http/parse-json.js";

/** How far a signature's time may be from ours, to either side. */
export const signatureToleranceSeconds = 300;

const signatures = present(
  new Stripe("sk_unused_for_verification").webhooks.signature,
  "Stripe's SDK verifies signatures",
);

/** Of an event only what it is and what it is about; facts are read from Stripe again. */
const snapshotEvent = z.object({
  id: z.string().regex(/^evt_[A-Za-z0-9_]{1,250}$/),
  object: z.literal("event"),
  type: z.string().regex(/^[A-Za-z0-9_.]{1,100}$/),
  livemode: z.boolean(),
  account: z
    .string()
    .regex(/^acct_[A-Za-z0-9_]{1,250}$/)
    .nullish(),
  data: z.object({ object: z.object({}) }),
});

export interface VerifiedEvent {
  /** `evt_…` */
  readonly id: string;
  readonly type: string;
  readonly livemode: boolean;
  /** The connected account that it comes from; `null` for the account of the endpoint itself. */
  readonly account: string | null;
  /** The body as it was signed, but for characters that no row can hold. */
  readonly payload: string;
}

/**
 * Checks a delivery against each secret in force, over the raw bytes, as Stripe signs them. What is signed but no
 * snapshot event is refused here, so that it never fails the batch that it would be written in. Stripe's SDK bounds
 * the age but lets a time in the future pass, so that is bounded here.
 */
export function verifyEvent(
  body: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  nowMs: number,
): Verdict<VerifiedEvent> {
  if (header === undefined || header === "")
    return refuse("invalid_signature", {
      detail: "The Stripe-Signature header is missing. Only Stripe delivers here.",
    });
  const holds =
    isPlainUtf8(body) &&
    !isFromTheFuture(header, nowMs) &&
    secrets.some((secret) => isSigned(body, header, secret, nowMs));
  return holds ? readEvent(body) : refuseSignature();
}

/** Stripe's SDK compares the decoded text, in which a byte order mark and broken bytes are lost. */
function isPlainUtf8(body: Buffer): boolean {
  return isUtf8(body) && !(body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf);
}

function isSigned(body: Buffer, header: string, secret: string, nowMs: number): boolean {
  try {
    return signatures.verifyHeader(
      body,
      header,
      secret,
      signatureToleranceSeconds,
      undefined,
      nowMs,
    );
  } catch {
    return false; // how the SDK says that a signature is wrong or old
  }
}

function isFromTheFuture(header: string, nowMs: number): boolean {
  const seconds = Number(/(?:^|,)t=(\d+)/.exec(header)?.[1] ?? 0);
  return seconds * 1_000 > nowMs + signatureToleranceSeconds * 1_000;
}

function readEvent(body: Buffer): Verdict<VerifiedEvent> {
  const text = body.toString("utf8");
  const parsed = nestsDeeperThan(jsonDepthMax, body) ? undefined : parse(text);
  const event = snapshotEvent.safeParse(parsed);
  if (!event.success)
    return refuse("invalid_request", {
      detail:
        "The signature holds, but the body is no snapshot event. Choose the payload style Snapshot for this endpoint at Stripe.",
    });
  const { id, type, livemode, account } = event.data;
  return approve({ id, type, livemode, account: account ?? null, payload: storable(text, parsed) });
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** Postgres cannot read NUL or half a surrogate pair out of JSON. Written anew, these are the only `\u0000` and `\ud…`. */
export function storable(text: string, parsed: unknown): string {
  if (!/\\u(?:0000|[dD][89a-fA-F])/.test(text)) return text;
  return JSON.stringify(parsed).replace(
    /\\(?:(?<unstorable>u0000|ud[0-9a-f]{3})|.)/g,
    (escape, unstorable: string | undefined) => (unstorable === undefined ? escape : "\ufffd"),
  );
}

function refuseSignature(): Verdict<never> {
  return refuse("invalid_signature", {
    detail:
      "The signature does not match any secret in force, or is more than 300 seconds old. Check the endpoint's signing secret and the clock.",
  });
}
