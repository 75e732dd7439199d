import type { UsageApplyPayload, UsageEvent } from "./contract.js";

/** One thing that Chargly would refuse, and where it stands: `events[3].id`. */
export interface UsageProblem {
  readonly at: string;
  readonly problem: string;
}

type Fault = string | undefined;
type Check = (value: unknown) => Fault;

const decimal = /^(?:0|[1-9]\d{0,15})(?:\.\d{1,6})?$/;
const instant =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/** Neither has the database a place for them, nor JSON a spelling. */
const unstorable = /\0|\p{Cs}/u;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const quantityMax = 1_000_000_000_000;
const creditsLimit = 1_000_000_000;
const metadataCharactersMax = 4_096;
const aheadMaxMs = 24 * 3_600_000;

const checks: Readonly<Record<keyof UsageEvent, Check>> = {
  id: text(/^[\x21-\x7e]{1,128}$/, "is text of 1 to 128 visible ASCII characters"),
  customerId: (value) =>
    isCustomerId(value) ? undefined : "is text of 1 to 255 visible characters",
  event: text(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    "is a name such as chat.reply, as the rate card has it",
  ),
  credits: optional((value) =>
    Number(digitsOf(value) ?? Number.NaN) < creditsLimit
      ? undefined
      : "is 0 or more credits, below 1,000,000,000, with at most six decimals",
  ),
  quantity: optional(quantityFault),
  properties: optional(propertiesFault),
  at: optional(timeFault),
  holdId: optional(idOf("hold")),
  quoteId: optional(idOf("quo")),
  metadata: optional(metadataFault),
};

/** The fields of an event. */
export const usageEventFields: readonly string[] = Object.keys(checks);

const problemsMax = 20;

/** What is wrong with a payload, at most twenty things of it; nothing when Chargly will take it. */
export function checkUsage({ projectId, events }: UsageApplyPayload): readonly UsageProblem[] {
  const problems: UsageProblem[] = [];
  const fault = idOf("prj")(projectId);
  if (fault !== undefined) problems.push({ at: "projectId", problem: fault });
  if (!Array.isArray(events) || events.length === 0)
    return [...problems, { at: "events", problem: "is a list of 1 event or more" }];
  for (const [place, event] of events.entries()) {
    if (problems.length >= problemsMax) break;
    problems.push(...eventProblems(`events[${place}]`, event));
  }
  return problems.slice(0, problemsMax);
}

function eventProblems(at: string, event: unknown): readonly UsageProblem[] {
  if (!isRecord(event)) return [{ at, problem: "is an object" }];
  const problems: UsageProblem[] = [];
  for (const [field, check] of Object.entries(checks)) {
    const problem = check(event[field]);
    if (problem !== undefined) problems.push({ at: `${at}.${field}`, problem });
  }
  for (const field of Object.keys(event))
    if (event[field] !== undefined && !usageEventFields.includes(field))
      problems.push({ at: `${at}.${field}`, problem: "is not a field of an event" });
  if (event["credits"] !== undefined && event["quoteId"] !== undefined)
    problems.push({
      at: `${at}.credits`,
      problem: "stands beside a quoteId: the quote has the price",
    });
  return problems;
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

function text(pattern: RegExp, problem: string): Check {
  return (value) => (typeof value === "string" && pattern.test(value) ? undefined : problem);
}

/** A TypeID: its first letter keeps it within 128 bits. */
function idOf(prefix: string): Check {
  const pattern = new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
  return text(pattern, `is an id that begins with ${prefix}_, as Chargly answered it`);
}

function isCustomerId(value: unknown): boolean {
  if (typeof value !== "string" || value.length < 1 || value.length > 255) return false;
  return !invisible.test(value) && value === value.trim() && value !== "." && value !== "..";
}

/** The digits of a decimal as it was written. A number of more than fifteen may be another one by now. */
function digitsOf(value: unknown): string | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const digits = String(value);
  if (typeof value === "number" && digits.replace(/^0\.0*|\./g, "").length > 15) return undefined;
  return decimal.test(digits) ? digits : undefined;
}

function quantityFault(value: unknown): Fault {
  const digits = digitsOf(value);
  const [whole = "", fraction = ""] = digits?.split(".") ?? [];
  const isMore = Number(whole) === quantityMax && /[1-9]/.test(fraction);
  if (digits !== undefined && Number(whole) <= quantityMax && !isMore) return undefined;
  return "is 0 to 1,000,000,000,000, with at most six decimals";
}

function propertiesFault(value: unknown): Fault {
  if (!isRecord(value)) return "is an object of numbers and texts";
  const entries = Object.entries(value);
  if (entries.length > 50) return "has at most 50 properties";
  const wrong = entries.find(([name, each]) => {
    const isNumber = typeof each === "number" && Number.isFinite(each);
    const isText = typeof each === "string" && each.length <= 255 && !unstorable.test(each);
    return !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name) || !(isNumber || isText);
  });
  if (wrong === undefined) return undefined;
  return `has ${wrong[0]}, which is no plain name with a number or a text of at most 255 characters`;
}

function timeFault(value: unknown): Fault {
  const [, year = "", day = ""] = /^(\d{4})-(\d\d-\d\d)T/.exec(String(value)) ?? [];
  const isDay = new Date(`${year}-${day}T00:00:00Z`).toJSON()?.slice(5, 10) === day;
  if (typeof value !== "string" || !instant.test(value) || !isDay)
    return "is a time such as 2026-01-31T12:00:00Z";
  const atMs = new Date(value).getTime();
  return atMs >= 0 && atMs < Date.now() + aheadMaxMs ? undefined : "is from 1970 until tomorrow";
}

function metadataFault(value: unknown): Fault {
  if (!isRecord(value)) return "is an object of texts, numbers, booleans and nulls";
  const isOdd = ([name, each]: readonly [string, unknown]): boolean =>
    name.length > 64 || unstorable.test(name) || !isPlain(each);
  const wrong = Object.entries(value).find(isOdd);
  if (wrong !== undefined)
    return `has ${JSON.stringify(wrong[0].slice(0, 64))}, which is too long, or no text of at most 1,000 characters, number, boolean or null`;
  if (JSON.stringify(value).length <= metadataCharactersMax) return undefined;
  return `has at most ${metadataCharactersMax} characters as JSON`;
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" && value.length <= 1_000 && !unstorable.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
