import { NoAnswerError, UnavailableError } from "./errors/errors.js";
import type { Resources } from "./resources/create-resources.js";
import type { RequestOptions, Send } from "./transport/create-transport.js";
import type { CreditPack, CreditsIn, Quote, UsageEvent, Wallet } from "./types.js";

/** What most applications need, in one call each. */
export interface Verbs {
  /**
   * Charges one event and answers when it is charged; whatever else happens, it rejects. With `credits` it has its own
   * price, else the rate card's for `quantity` or `properties`. {@link InsufficientCreditsError} when the wallet cannot
   * pay, {@link NoAnswerError} when nobody knows: call again with the same `id`.
   */
  readonly meterEvent: (event: UsageEvent, options?: RequestOptions) => Promise<MeteredEvent>;
  /** Sells a credit pack: send the browser to `checkoutUrl`. */
  readonly createCheckout: (
    order: Parameters<Resources["checkouts"]["create"]>[0],
    options?: RequestOptions,
  ) => Promise<CreatedCheckout>;
  /** A customer's credits. */
  readonly getWallet: (customerId: string, options?: RequestOptions) => Promise<Wallet>;
  /** The packs on sale. */
  readonly listCreditPacks: (options?: RequestOptions) => Promise<readonly CreditPack[]>;
  /**
   * Whether a customer could pay now, for an event by the rate card or for so many credits. Sets nothing aside: by the
   * time it is spent the answer may be another. Without an answer it is not allowed, because of `no_answer`.
   */
  readonly check: (question: Question, options?: RequestOptions) => Promise<CheckAnswer>;
  /** What an event would cost, and the most that the wallet pays for. With `freezeSeconds` the price is kept. */
  readonly quote: (
    question: UsageQuestion & { readonly freezeSeconds?: number | undefined },
    options?: RequestOptions,
  ) => Promise<Quote>;
}

export interface MeteredEvent {
  /** Always true: what was not charged rejects. */
  readonly success: true;
  readonly eventId: string;
  readonly deductedCredits: number;
  /** Credits that can be spent now. */
  readonly remainingBalance: number;
}

export interface CreatedCheckout {
  readonly checkoutId: string;
  readonly checkoutUrl: string;
  readonly credits: number;
}

export type UsageQuestion = Pick<UsageEvent, "customerId" | "event" | "quantity" | "properties">;

export type Question =
  | (UsageQuestion & { readonly credits?: undefined })
  | { readonly customerId: string; readonly credits: CreditsIn; readonly event?: undefined };

export interface CheckAnswer {
  readonly allowed: boolean;
  /** Why not, by the code of the refusal, or `no_answer`. Null: it is allowed. */
  readonly because: string | null;
  /** What it costs. */
  readonly credits: number | null;
  readonly available: number | null;
  /** Credits that have to come in first. */
  readonly shortBy: number | null;
}

export function createVerbs(send: Send, resources: Resources): Verbs {
  const { wallets, checkouts, creditPacks, usage } = resources;
  const quote: Verbs["quote"] = (body, options) =>
    send(
      { method: "POST", path: "/v1/quotes", body, needs: ["credits", "affordable", "available"] },
      options,
    );
  return {
    meterEvent: async (event, options) => {
      const { eventId, credits, balance } = await usage.meter(event, options);
      const { available } = balance ?? (await wallets.get(event.customerId, options));
      return { success: true, eventId, deductedCredits: credits, remainingBalance: available };
    },
    createCheckout: async (order, options) => {
      const { id: checkoutId, checkoutUrl, credits } = await checkouts.create(order, options);
      return { checkoutId, checkoutUrl, credits };
    },
    getWallet: wallets.get,
    listCreditPacks: async (options = {}) => {
      const packs = await creditPacks.list({ ...options, limit: 100 }).toArray();
      return packs.filter(({ onSale }) => onSale);
    },
    check: async (question, options) => {
      try {
        return question.credits === undefined
          ? answerOf(await quote(question, options))
          : await checkCredits(wallets, question, options);
      } catch (error) {
        if (!(error instanceof NoAnswerError || error instanceof UnavailableError)) throw error;
        return {
          allowed: false,
          because: "no_answer",
          credits: null,
          available: null,
          shortBy: null,
        };
      }
    },
    quote,
  };
}

function answerOf({ affordable, because, credits, available, shortBy }: Quote): CheckAnswer {
  return { allowed: affordable, because, credits, available, shortBy };
}

async function checkCredits(
  wallets: Resources["wallets"],
  { customerId, credits: asked }: { readonly customerId: string; readonly credits: CreditsIn },
  options: RequestOptions | undefined,
): Promise<CheckAnswer> {
  const credits = Number(asked);
  if (!(credits >= 0)) throw new RangeError("credits must be 0 or more.");
  const [wallet, limits] = await Promise.all([
    wallets.get(customerId, options),
    wallets.spendLimits(customerId, options),
  ]);
  const { available, debt, frozen } = wallet;
  const left = [limits.perMinute, limits.perDay, limits.perMonth].map(({ remaining }) => remaining);
  const because =
    frozen !== null
      ? "wallet_frozen"
      : left.some((each) => each !== null && each < credits)
        ? "wallet_spend_limit"
        : debt > 0
          ? "wallet_in_debt"
          : available < credits
            ? "insufficient_credits"
            : null;
  const shortBy = Number((debt + Math.max(0, credits - available)).toFixed(6));
  return { allowed: because === null, because, credits, available, shortBy };
}
