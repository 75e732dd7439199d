import { Refusal } from "../../kernel/refusals.js";

export const jsonDepthMax = 64;

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');
/** Keys that reach prototypes, and escapes that Postgres cannot store. A hit is looked at; most bodies have none. */
const suspicious = /__proto__|constructor|prototype|\\u/;
const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);
const unstorable = /\0|\p{Surrogate}/u;

/**
 * Parses a JSON body. Refuses with `malformed_json` what is not JSON or is nested deeper than {@link jsonDepthMax}
 * (counted before parsing, so depth costs one pass), and with `invalid_request` keys that reach prototypes and
 * text that no database row can hold. Of a repeated key the last one counts.
 */
export function parseJson(body: Buffer): unknown {
  if (nestsDeeperThan(jsonDepthMax, body)) {
    throw new Refusal("malformed_json", {
      detail: `The body is nested deeper than ${jsonDepthMax} levels. Send a flatter document.`,
    });
  }
  const text = body.toString("utf8");
  const parsed = parseOrRefuse(text);
  if (suspicious.test(text)) refuseHostile(parsed, "");
  return parsed;
}

function parseOrRefuse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    throw new Refusal("malformed_json", {
      detail:
        "The body cannot be parsed. Send UTF-8 JSON; NaN, Infinity and comments are not JSON.",
    });
  }
}

/**
 * Counts brackets in one pass; those inside strings do not count. UTF-8 never uses these bytes inside another
 * character.
 */
export function nestsDeeperThan(depthMax: number, json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > depthMax) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return false;
}

/** In JSON that was parsed already: strings, to step over them, and numbers. */
const stringsAndNumbers = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const exactDigitsMax = 15;

/**
 * Refuses numbers that are written with an exponent or with more digits than a double keeps: such a number may be
 * another one by the time it is checked, and amounts are taken as they stand or not at all.
 */
export function refuseInexactNumbers(json: Buffer): void {
  for (const [token] of json.toString("utf8").matchAll(stringsAndNumbers)) {
    if (token.startsWith('"')) continue;
    const digits = token.replace(/^[-0.]+|\D/g, "");
    if (!/[eE]/.test(token) && digits.length <= exactDigitsMax) continue;
    throw new Refusal("invalid_request", {
      detail: `Write numbers with plain digits, at most ${exactDigitsMax} of them, and not as ${token.slice(0, 40)}.`,
    });
  }
}

/** Refuses text that a database row cannot hold: NUL and halves of surrogate pairs. */
export function refuseUnstorable(text: string, param: string): void {
  if (!unstorable.test(text)) return;
  throw new Refusal("invalid_request", {
    detail: "Text may not hold NUL characters or halves of surrogate pairs.",
    param,
  });
}

function refuseHostile(value: unknown, path: string): void {
  if (typeof value === "string") return refuseUnstorable(value, path);
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (refusedKeys.has(key)) {
      throw new Refusal("invalid_request", {
        detail: `A field may not be called "${key}".`,
        param: at,
      });
    }
    refuseUnstorable(key, path);
    refuseHostile(Reflect.get(value, key), at);
  }
}
