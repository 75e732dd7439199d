import { z } from "zod";
import { Secret } from "./secret.js";

/** Readers of one variable each: text in, value out. */
export type Reader<T> = z.ZodType<T, string>;

/** Why a text is no value. Reads on after the variable's name, and never shows a secret. */
export class Wrong {
  constructor(readonly why: string) {}
}

export function wrong(why: string): Wrong {
  return new Wrong(why);
}

const listMax = 50;

/** A zod schema from a function that answers the value, or what is wrong with the text. */
export function reader<T>(read: (text: string) => T | Wrong): Reader<T> {
  return z.string().transform((text, ctx): T => {
    const value = read(text);
    if (!(value instanceof Wrong)) return value;
    ctx.addIssue({ code: "custom", message: value.why });
    return z.NEVER;
  });
}

export function wholeNumber(min: number, max: number): Reader<number> {
  return reader((text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    return wrong(`must be a whole number from ${min} to ${max}, but is "${text}"`);
  });
}

export function oneOf<const Names extends readonly string[]>(names: Names): Reader<Names[number]> {
  return reader<Names[number]>((text) => {
    const found = names.find((name) => name === text);
    return found ?? wrong(`must be one of ${names.join(", ")}, but is "${text}"`);
  });
}

export function matching(pattern: RegExp, shape: string): Reader<string> {
  return reader((text) =>
    pattern.test(text) ? text : wrong(`must be ${shape}, but is "${text}"`),
  );
}

export function secretMatching(pattern: RegExp, shape: string): Reader<Secret> {
  return reader((text) => (pattern.test(text) ? new Secret(text) : wrong(`must be ${shape}`)));
}

/** A comma list; spaces around items do not count. */
export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return reader<readonly T[]>((text) => {
    const parts = text.split(",").map((part) => part.trim());
    const given = parts.filter((part) => part !== "");
    if (given.length === 0) return wrong("must name at least one item");
    if (given.length > listMax) return wrong(`may list at most ${listMax} items`);
    const items: T[] = [];
    for (const [at, part] of given.entries()) {
      const value = readOr(item, part);
      if (value instanceof Wrong) return wrong(`item ${at + 1}: ${value.why}`);
      items.push(value);
    }
    return items;
  });
}

/** A URL of one of the protocols; it may hold a password, so it is never shown. */
export function secretUrl(...protocols: readonly string[]): Reader<Secret> {
  return reader((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !protocols.includes(url.protocol) || url.hostname === "") {
      return wrong(
        `must be a URL that begins with ${protocols.map((name) => `${name}//`).join(" or ")}`,
      );
    }
    return new Secret(text);
  });
}

/** An address of the web without user, query and fragment; answered without a slash at the end. */
export const webAddress: Reader<string> = reader((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return wrong(`must be a URL, but is "${text}"`);
  if (url.username !== "" || url.search !== "" || url.hash !== "") {
    return wrong("must hold no user, query or fragment");
  }
  return url.href.replace(/\/+$/, "");
});

export const httpsOrLoopback: Reader<string> = reader((text) => {
  const address = readOr(webAddress, text);
  if (address instanceof Wrong) return address;
  if (address.startsWith("https:") || isLoopback(address)) return address;
  return wrong(`must begin with https://, since it is not on this machine, but is "${text}"`);
});

export const loopbackAddress: Reader<string> = reader((text) => {
  const address = readOr(webAddress, text);
  if (address instanceof Wrong) return address;
  return isLoopback(address)
    ? address
    : wrong(`must be on this machine (localhost, 127.0.0.1), but is "${text}"`);
});

export const origin: Reader<string> = reader((text) => {
  const address = readOr(httpsOrLoopback, text);
  if (address instanceof Wrong) return address;
  const { origin: plain } = new URL(address);
  return plain === address ? plain : wrong(`must be an origin without a path, such as ${plain}`);
});

/** Hops or addresses. `true` would believe whatever a caller writes into X-Forwarded-For. */
export const proxyTrust: Reader<number | string | false> = reader((text) => {
  if (text === "false" || text === "0") return false;
  if (/^([1-9]|10)$/.test(text)) return Number(text);
  const named = /^(loopback|linklocal|uniquelocal|[0-9a-f.:]+(\/\d{1,3})?)$/i;
  const parts = text.split(",").map((part) => part.trim());
  if (text !== "true" && parts.every((part) => named.test(part))) return parts.join(", ");
  return wrong(
    `must be how many proxies stand in front (1 to 10), their addresses, or false, but is "${text}"`,
  );
});

export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function readOr<T>(inner: Reader<T>, text: string): T | Wrong {
  const result = inner.safeParse(text);
  return result.success ? result.data : wrong(result.error.issues[0]?.message ?? "is not valid");
}
