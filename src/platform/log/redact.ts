/**
 * Works on the finished line, so that nothing gets past it: not a message, not an error's stack, not a field five
 * levels down. Every replacement leaves valid JSON behind.
 */
const redacted = "[redacted]";

/** Names whose values are never written, whatever they look like: `"cookie":"…"` and `"Cookie","…"`. */
const secretNames =
  "(?:proxy-)?authorization|(?:set-)?cookie|stripe-signature|webhook-signature|x-api-key|api_?key|password|passwd|secret|client_?secret|access_?token|token|private_?key|email|phone";

const patterns = [
  // An escape is kept and stepped over, so that no other pattern begins in the middle of one.
  /(?<escape>\\(?:u[0-9a-fA-F]{4}|.))/,
  new RegExp(
    `(?<named>"(?:${secretNames})"\\s*[:,]\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\]|\\{[^{}]*\\}|[\\d.eE+-]+)`,
  ),
  /(?<scheme>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]+/,
  /(?<key>(?:chg|sk|rk)_(?:(?:agent|operator)_)?(?:test|live)_|whsec_|chg_|(?<![A-Za-z0-9])(?:sk|rk)_)[A-Za-z0-9_+/=-]{4,}/,
  /(?<intent>(?:pi|seti|cs)_[A-Za-z0-9_]{1,100}_secret_)[A-Za-z0-9]+/,
  /(?<signature>\bt=\d{9,12},v\d=)[0-9a-f,v=]{16,}/,
  /(?<pay>checkout\.stripe\.com\/)[^\s"\\]+/,
  /(?<card>(?<![\dA-Za-z.])(?:[3-6]\d|2[2-7])(?:[ -]?\d){11,17}(?![\dA-Za-z]))/,
];
/** Costly to look for, and not there without an @. */
const patternsWithAt = [
  /(?<url>[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"\\]{0,100}:)[^\s"\\]{1,300}@/,
  /(?<email>[^\s"\\<>()[\]{}:;,/=@]{1,64}@[^\s"\\<>()[\]{}:;,/=@]{1,200}\.[^\s"\\<>()[\]{}:;,/=@.]{2,24})/,
];
const withoutAt = anyOf(patterns);
const withAt = anyOf([...patterns, ...patternsWithAt]);

function anyOf(alternatives: readonly RegExp[]): RegExp {
  return new RegExp(alternatives.map((pattern) => pattern.source).join("|"), "giu");
}

/** Takes secrets and personal data out of one line of JSON (or of text). */
export function redactLine(line: string): string {
  return line.replace(
    line.includes("@") ? withAt : withoutAt,
    (match: string, ...rest: unknown[]) => {
      const groups = rest.at(-1);
      if (typeof groups !== "object" || groups === null) return redacted;
      return replacement(match, groups);
    },
  );
}

function replacement(match: string, groups: object): string {
  const group = (name: string): string => {
    const text: unknown = Reflect.get(groups, name);
    return typeof text === "string" ? text : "";
  };
  if (group("escape") !== "") return match;
  if (group("named") !== "") return `${group("named")}"${redacted}"`;
  if (group("url") !== "") return `${group("url")}${redacted}@`;
  if (group("email") !== "") return "[email]";
  if (group("card") !== "") return replaceCard(match);
  const kept = ["scheme", "key", "intent", "signature", "pay"].map(group);
  return `${kept.join("")}${redacted}`;
}

/** Zeros are valid both in a string and as a JSON number. */
function replaceCard(match: string): string {
  return passesLuhn(match.replace(/\D/g, "")) ? "0" : match;
}

/** The check digit that every payment card has, and one other number in ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
