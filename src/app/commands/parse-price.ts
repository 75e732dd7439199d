import { currencyDecimals, isCurrencyCode, type Money } from "../../kernel/money.js";
import { approve, refuse, type Verdict } from "../../kernel/verdict.js";

const wholeDigitsMax = 10;
const price = new RegExp(`^(0|[1-9]\\d{0,${wholeDigitsMax - 1}})(?:\\.(\\d+))?$`);

/**
 * A price as people write it, read by its digits: `9.99` usd is 999 cents, `1200` jpy is 1,200 yen, `3.5` kwd is 3,500
 * fils. More decimals than the currency has are refused, never rounded.
 */
export function parsePrice(text: string, currency: string): Verdict<Money> {
  if (!isCurrencyCode(currency))
    return refuse("invalid_request", {
      param: "currency",
      detail: `"${currency}" is not a currency code in lower case, such as usd, jpy or kwd.`,
    });
  const [matched, whole = "", fraction = ""] = price.exec(text) ?? [];
  const decimals = currencyDecimals(currency);
  if (matched === undefined || fraction.length > decimals)
    return refuse("invalid_request", {
      param: "price",
      detail: `"${text}" is not a price in ${currency}. Write digits ${decimals === 0 ? "without decimals, such as 1200" : `with at most ${decimals} decimals, such as ${decimals === 2 ? "9.99" : "3.50"}`}.`,
    });
  return approve({ amountMinor: BigInt(whole + fraction.padEnd(decimals, "0")), currency });
}
