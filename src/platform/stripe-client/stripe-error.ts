import Stripe from "stripe";
import { Refusal } from "../../kernel/refusals.js";

/** What a failed call to Stripe means for whoever asked. */
export type StripeErrorKind =
  /** Stripe could not be reached, is overloaded or failed inside: the same call may succeed later. */
  | "unavailable"
  /** The key is wrong, revoked or lacks a permission: an operator has to act. */
  | "credentials"
  | "missing"
  /** Stripe understood and said no. */
  | "refused";

export function stripeErrorKind(error: unknown): StripeErrorKind | undefined {
  if (!(error instanceof Stripe.errors.StripeError)) return undefined;
  if (error.statusCode === 404 || error.code === "resource_missing") return "missing";
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError
  )
    return "credentials";
  if (error instanceof Stripe.errors.StripeConnectionError) return "unavailable";
  const status = error.statusCode ?? 500;
  return status >= 500 || status === 429 || status === 409 ? "unavailable" : "refused";
}

/** Stripe does not know, or no longer knows, the object that the call names in this parameter. */
export function isMissingAt(error: unknown, param: string): boolean {
  return (
    error instanceof Stripe.errors.StripeError &&
    error.code === "resource_missing" &&
    error.param === param
  );
}

/** Runs calls to Stripe and turns what Stripe fails with into a refusal. Other errors pass through. */
export async function askStripe<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw stripeRefusal(error) ?? error;
  }
}

function stripeRefusal(error: unknown): Refusal | undefined {
  const kind = stripeErrorKind(error);
  if (kind === undefined || !(error instanceof Stripe.errors.StripeError)) return undefined;
  const request = error.requestId === undefined ? "" : ` (Stripe request ${error.requestId})`;
  switch (kind) {
    case "unavailable":
      return new Refusal("stripe_unavailable", {
        detail: `Stripe did not answer as it should${request}. Nothing was charged; try again.`,
        retryAfterSeconds: 2,
      });
    case "credentials":
      return new Refusal("stripe_refused", {
        detail: `Stripe does not accept the project's key for this call${request}. Run \`chargly stripe connect\` with a key that may do it.`,
      });
    case "missing":
    case "refused":
      return new Refusal("stripe_refused", { detail: `Stripe said: ${error.message}${request}` });
  }
}
