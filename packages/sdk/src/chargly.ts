import { createPlaceHold } from "./holding/place-hold.js";
import { createWithHold, type WithHold } from "./holding/with-hold.js";
import type { RecordOptions } from "./recording/recorder.js";
import { createResources, type Resources } from "./resources/create-resources.js";
import {
  createTransport,
  type Fetch,
  type TransportOptions,
} from "./transport/create-transport.js";
import { idPrefixOf } from "./transport/new-event-id.js";
import { createVerbs, type Verbs } from "./verbs.js";

export interface CharglyOptions {
  /** `chg_…`. Without it, `CHARGLY_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** Where Chargly's web process answers. Without it, `CHARGLY_URL` of the environment. */
  readonly baseUrl?: string | undefined;
  /** For each attempt; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Further attempts after the first; 3 unless told. */
  readonly maxRetries?: number | undefined;
  /** How `usage.record()` works. */
  readonly record?: RecordOptions | undefined;
  /** Instead of Node's: for a proxy, or the fake of `@chargly/sdk/testing`. */
  readonly fetch?: Fetch | undefined;
}

/**
 * A client of Chargly, for servers: its key is secret. One for the whole process is enough.
 *
 * Every call repeats itself when nobody answered or the refusal will pass, with the same idempotency key, so nothing
 * happens twice. It rejects with a {@link CharglyError} unless Chargly said that it was done.
 */
export class Chargly implements Verbs, Resources {
  readonly wallets: Resources["wallets"];
  readonly checkouts: Resources["checkouts"];
  readonly creditPacks: Resources["creditPacks"];
  readonly usage: Resources["usage"];
  readonly holds: Resources["holds"];
  readonly transactions: Resources["transactions"];
  readonly purchases: Resources["purchases"];
  readonly agentTokens: Resources["agentTokens"];
  readonly rateCards: Resources["rateCards"];
  readonly reconciliation: Resources["reconciliation"];
  readonly failedJobs: Resources["failedJobs"];
  readonly grantPreviews: Resources["grantPreviews"];
  readonly meterEvent: Verbs["meterEvent"];
  readonly createCheckout: Verbs["createCheckout"];
  readonly getWallet: Verbs["getWallet"];
  readonly listCreditPacks: Verbs["listCreditPacks"];
  readonly check: Verbs["check"];
  readonly quote: Verbs["quote"];
  /**
   * Sets credits aside, does the work, and charges what it cost: `withHold("user_123", { max: 20 }, async (run) => …)`, where
   * `run.use(credits)` says what it cost so far. When the work fails everything goes back; when it was aborted, what was
   * used is charged. Whoever cannot pay does not get the work: {@link InsufficientCreditsError}. What the work did not
   * say is not charged. Throws {@link CaptureFailedError} when the work was done and could not be charged.
   */
  readonly withHold: WithHold;

  constructor(options: CharglyOptions = {}) {
    const asked = transportOptionsOf(options);
    const send = createTransport(asked);
    const resources = createResources(send, options.record ?? {}, idPrefixOf(asked.apiKey));
    const verbs = createVerbs(send, resources);
    this.wallets = resources.wallets;
    this.checkouts = resources.checkouts;
    this.creditPacks = resources.creditPacks;
    this.usage = resources.usage;
    this.holds = resources.holds;
    this.transactions = resources.transactions;
    this.purchases = resources.purchases;
    this.agentTokens = resources.agentTokens;
    this.rateCards = resources.rateCards;
    this.reconciliation = resources.reconciliation;
    this.failedJobs = resources.failedJobs;
    this.grantPreviews = resources.grantPreviews;
    this.meterEvent = verbs.meterEvent;
    this.createCheckout = verbs.createCheckout;
    this.getWallet = verbs.getWallet;
    this.listCreditPacks = verbs.listCreditPacks;
    this.check = verbs.check;
    this.quote = verbs.quote;
    this.withHold = createWithHold(createPlaceHold(resources.holds, resources.usage));
  }
}

function transportOptionsOf(options: CharglyOptions): TransportOptions {
  const { env } = process;
  const apiKey = options.apiKey ?? env["CHARGLY_API_KEY"] ?? "";
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError("Pass an apiKey (chg_…), or set CHARGLY_API_KEY.");
  const { timeoutMs = 10_000, maxRetries = 3 } = options;
  if (!(timeoutMs > 0) || !Number.isSafeInteger(maxRetries) || maxRetries < 0)
    throw new RangeError("timeoutMs is more than 0, and maxRetries a whole number from 0.");
  return {
    apiKey,
    baseUrl: baseUrlOf(options.baseUrl ?? env["CHARGLY_URL"]),
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs,
    maxRetries,
  };
}

/** Without the slash at its end. Never shown: it may hold a password by mistake. */
function baseUrlOf(text: string | undefined): string {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === "";
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new TypeError(
      "Pass baseUrl, where Chargly answers (https://credits.example.com), without a user name or a query, or set CHARGLY_URL.",
    );
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
