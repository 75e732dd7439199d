import type { RefusalWords } from "./refusal-words.js";

/** Refusals to sell and to refund, and what Stripe has to do with it. */
export const aboutPayments = {
  origin_not_allowed: {
    happened: "The browser would be sent to an origin that the project does not allow.",
    fix: "Use an allowed origin, or add this one with `chargly projects allow-origin`.",
    example: {
      param: "successUrl",
      detail:
        "successUrl must lead to one of the project's allowed origins (https://app.example.com). Add origins with `chargly projects allow-origin`.",
    },
  },
  pack_not_available: {
    happened: "The credit pack exists and is off sale.",
    fix: "List the packs and offer one with `onSale: true`.",
    example: {
      param: "creditPackCode",
      detail: "This credit pack is no longer on sale. List the packs and offer another one.",
    },
  },
  nothing_to_refund: {
    happened: "Nothing was paid for the purchase, or all that is worth money is spent or refunded.",
    fix: "Look at the wallet's transactions. Spent credits are not refunded here; Stripe can do that, and the customer then owes them.",
    example: {
      detail: "No credits of this purchase that are worth money are left unspent.",
    },
  },
  refund_exceeds_unspent: {
    happened: "The refund would take more credits back than are unspent of the purchase.",
    fix: "Refund at most what `unspent` says, or refund in Stripe: then the customer owes the rest.",
    example: {
      param: "credits",
      detail:
        "That refund takes 500 credits back, and 320 of the purchase are unspent and in no hold. Refund less, or refund in Stripe: then the customer owes the rest.",
      extra: { unspent: 320, required: 500 },
    },
  },
  refund_in_progress: {
    happened: "Another refund of the same purchase is not finished yet.",
    fix: "Wait for it: list the purchase's refunds. Then refund the rest.",
    example: {
      detail:
        "Another refund of this purchase is not finished yet. Wait for it, then refund the rest.",
    },
  },
  stripe_not_connected: {
    happened: "The project has no Stripe account to sell or refund with.",
    fix: "An operator runs `chargly stripe connect`.",
    example: { detail: "Connect the project to Stripe first: run `chargly stripe connect`." },
  },
  stripe_refused: {
    happened:
      "Stripe understood and said no; `detail` has its words and the id of the request there.",
    fix: "Correct what Stripe names. For a key without a permission, run `chargly stripe connect` again.",
    example: {
      detail: "Stripe said: Amount must be at least $0.50 usd (Stripe request req_8Qm2x)",
    },
  },
  stripe_unavailable: {
    happened: "Stripe could not be reached, or failed on its side. Nothing was charged.",
    fix: "Send it again after `Retry-After`, with the same Idempotency-Key.",
    example: {
      detail: "Stripe did not answer as it should. Nothing was charged; try again.",
    },
  },
  invalid_signature: {
    happened: "A webhook's Stripe-Signature is missing, wrong or too old. Nothing was stored.",
    fix: "Check the endpoint's signing secret with `chargly doctor`, and the clock of the machine.",
    example: {
      detail:
        "The signature does not match any secret in force, or is more than 300 seconds old. Check the endpoint's signing secret and the clock.",
    },
  },
} as const satisfies Record<string, RefusalWords>;
