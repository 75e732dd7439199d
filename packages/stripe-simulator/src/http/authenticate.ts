import type { IncomingMessage } from "node:http";
import { ApiError } from "../api-error.js";
import type { Book } from "../store/book.js";
import type { Simulation } from "../simulation.js";

const keyForm = /^(?:sk|rk)_(?:test|live)_[A-Za-z0-9_]{1,240}$/;

/** Who asks, and for which books. */
export interface Caller {
  readonly key: string;
  readonly book: Book;
}

function keyOf(request: IncomingMessage): string {
  const header = request.headers.authorization ?? "";
  const [scheme = "", value = ""] = header.split(" ");
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return "";
  return Buffer.from(value, "base64").toString("utf8").split(":")[0] ?? "";
}

/** Hides all of a key but its ends, as Stripe does. */
function mask(key: string): string {
  return key.length <= 12 ? "*".repeat(key.length) : `${key.slice(0, 8)}****${key.slice(-4)}`;
}

/** Checks the API key and the account header, and finds the books that they open. */
export function authenticate(simulation: Simulation, request: IncomingMessage): Caller {
  const key = keyOf(request);
  if (key === "") {
    throw new ApiError(
      401,
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (!keyForm.test(key)) throw new ApiError(401, `Invalid API Key provided: ${mask(key)}`);
  if (key.endsWith("_revoked")) {
    throw new ApiError(401, `Expired API Key provided: ${mask(key)}`, { code: "api_key_expired" });
  }
  if (key.startsWith("rk_") && key.endsWith("_readonly") && request.method !== "GET") {
    throw new ApiError(
      403,
      `The provided key '${mask(key)}' does not have the required permissions for this endpoint. Having the 'write' permission would allow this request to continue.`,
      { code: "secret_key_required" },
    );
  }
  const own = simulation.accountFor(key);
  const livemode = key.includes("_live_");
  const header = request.headers["stripe-account"];
  const wanted = typeof header === "string" && header !== "" ? header : own.id;
  const accountId = wanted === own.id ? own.id : connectedAccount(simulation, own.id, wanted, key);
  return { key, book: simulation.book(accountId, livemode) };
}

function connectedAccount(
  simulation: Simulation,
  platform: string,
  wanted: string,
  key: string,
): string {
  const known = simulation.accounts.get(wanted);
  const refused =
    !/^acct_[A-Za-z0-9]{1,64}$/.test(wanted) ||
    simulation.disconnected.has(`${platform}|${wanted}`) ||
    (known !== undefined && known.platform !== platform);
  if (refused) {
    throw new ApiError(
      403,
      `The provided key '${mask(key)}' does not have access to account '${wanted}' (or that account does not exist). Application access may have been revoked.`,
      { code: "account_invalid" },
    );
  }
  return (known ?? simulation.openAccount(wanted, platform)).id;
}
