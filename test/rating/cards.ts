import type { Credits } from "../../src/kernel/credits.js";
import type { Refusal } from "../../src/kernel/refusals.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { compileRateCard, priceEvent, type RateCard, type Units } from "../../src/rating/price.js";
import { rateCardTerms } from "../../src/rating/terms-schema.js";

/** A card with the one event `x`, written as a caller would. */
export function oneRate(rate: unknown, shortfall?: unknown): RateCard {
  return cardOf({ events: { x: rate }, ...(shortfall === undefined ? {} : { shortfall }) });
}

export function cardOf(terms: unknown): RateCard {
  return compileRateCard(1, rateCardTerms.strict().parse(terms));
}

/** What a chat model costs: by the thousand tokens, dearer on the larger model. */
export const chatTerms = {
  events: {
    "chat.reply": {
      price: {
        type: "models",
        models: {
          "gpt-x": tokens("0.15", "0.6"),
          "gpt-x-large": tokens("2.5", "10"),
        },
        default: tokens("5", "20"),
      },
      shortfall: { policy: "upToAvailable" },
    },
    "image.generate": { price: { type: "quantity", credits: "4" }, minimum: 4 },
  },
};

function tokens(input: string, output: string) {
  return {
    type: "properties",
    properties: {
      inputTokens: { credits: input, per: 1_000 },
      outputTokens: { credits: output, per: 1_000 },
    },
  };
}

export const chatCard = (): RateCard => cardOf(chatTerms);

export function costOf(card: RateCard, units: Units): Credits {
  return approvedOrThrow(priceEvent(card, "x", units)).credits;
}

export function refusalOf(card: RateCard, units: Units): Refusal {
  const verdict = priceEvent(card, "x", units);
  if (verdict.approved) throw new Error(`it costs ${verdict.value.credits}`);
  return verdict.refusal;
}
