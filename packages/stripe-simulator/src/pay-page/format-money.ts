const zeroDecimal = new Set([
  "bif",
  "clp",
  "djf",
  "gnf",
  "jpy",
  "kmf",
  "krw",
  "mga",
  "pyg",
  "rwf",
  "vnd",
  "vuv",
  "xaf",
  "xof",
  "xpf",
]);
const threeDecimal = new Set(["bhd", "jod", "kwd", "omr", "tnd"]);

/** How many decimals a currency's minor unit has at Stripe. */
export function decimalsOf(currency: string): number {
  if (zeroDecimal.has(currency)) return 0;
  return threeDecimal.has(currency) ? 3 : 2;
}

/** Writes an amount of whole minor units as a person reads it: `$9.99`, `¥500`, `KWD 1.500`. */
export function formatMoney(amount: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const rest = decimals === 0 ? "" : `.${digits.slice(-decimals)}`;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const symbol = symbols[currency] ?? `${currency.toUpperCase()} `;
  return `${amount < 0 ? "-" : ""}${symbol}${grouped}${rest}`;
}

const symbols: Readonly<Record<string, string>> = {
  usd: "$",
  eur: "€",
  gbp: "£",
  jpy: "¥",
  inr: "₹",
  krw: "₩",
};
