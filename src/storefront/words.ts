import { type Credits, formatCredits, microPerCredit } from "../kernel/credits.js";

/** `1,250,000.5`: every digit, grouped for people; with a real minus sign, which screen readers say. */
export function amountInWords(amount: Credits): string {
  const [whole = "", fraction] = formatCredits(amount).replace("-", "\u2212").split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 credit`, `500 credits`. */
export function creditsInWords(amount: Credits): string {
  return `${amountInWords(amount)} ${amount === microPerCredit ? "credit" : "credits"}`;
}

/** `+500`, `−12.5`, `0`. */
export function changeInWords(change: Credits): string {
  return `${change > 0n ? "+" : ""}${amountInWords(change)}`;
}

const dateAndTime = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

/** `22 Nov 2025, 19:19 UTC`. */
export function timeInWords(at: Date): string {
  return `${dateAndTime.format(at)} UTC`;
}
