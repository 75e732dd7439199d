import type { PriceTerms, ShortfallTerms, SimplePrice, UnitPrice } from "./rules.js";

/** A price in words, one line per model; `model` is empty where it does not matter. */
export function describePrice(
  price: PriceTerms,
): readonly { readonly model: string; readonly price: string }[] {
  if (price.type !== "models") return [{ model: "", price: inWords(price) }];
  const named = Object.entries(price.models).map(([model, each]) => ({
    model,
    price: inWords(each),
  }));
  return price.default === undefined
    ? named
    : [...named, { model: "any other", price: inWords(price.default) }];
}

function inWords(price: SimplePrice): string {
  if (price.type === "flat") return `${price.credits} each`;
  if (price.type === "quantity") return perUnits(price, "quantity");
  const counted = Object.entries(price.properties).map(([name, each]) => perUnits(each, name));
  return [...(price.base === "0" ? [] : [price.base]), ...counted].join(" + ");
}

function perUnits({ credits, per }: UnitPrice, of: string): string {
  return `${credits} per ${per === 1 ? "" : `${per.toLocaleString("en-US")} `}${of}`;
}

/** What happens when a wallet cannot cover an event, in few words. */
export function describeShortfall(shortfall: ShortfallTerms): string {
  if (shortfall.policy === "debt") return `owes up to ${shortfall.limit}`;
  return shortfall.policy === "reject" ? "rejected" : "takes what is available";
}
