import { ApiError } from "../api-error.js";
import { keep } from "../acts/emit.js";
import { peakPerSecond } from "../http/request-log.js";
import { deepMerge, isObject, type Json, type JsonObject } from "../json.js";
import { show, showLineItems } from "../render.js";
import { sceneOf } from "../simulation.js";
import type { Book } from "../store/book.js";
import { numberOf, optionsAt, textAt, textOf } from "./arguments.js";
import type { Stage, Verb } from "./verbs.js";

function patchObject(stage: Stage, given: readonly Json[]): Json {
  const id = textAt(given, 0);
  const patch = optionsAt(given, 1);
  const { simulation } = stage;
  const account = simulation.accounts.get(id);
  if (account) {
    const overrides = deepMerge(account.overrides ?? {}, patch);
    const patched = { ...account, overrides };
    simulation.accounts.set(id, patched);
    return show({ simulation, book: simulation.book(id, false) }, patched);
  }
  if (id.startsWith("li_")) return patchLine(stage, id, patch);
  const book = simulation.locate(id);
  const record = book?.findAny(id);
  if (!book || !record) throw new ApiError(404, `There is no object ${id}.`);
  const scene = sceneOf(simulation, book);
  return show(
    scene,
    keep(scene, { ...record, overrides: deepMerge(record.overrides ?? {}, patch) }),
  );
}

function patchLine(stage: Stage, id: string, patch: JsonObject): Json {
  for (const book of stage.simulation.books.values()) {
    const session = sessionOfLine(book, id);
    if (!session) continue;
    const scene = sceneOf(stage.simulation, book);
    const overrides = deepMerge(session.lineOverrides[id] ?? {}, patch);
    const patched = keep(scene, {
      ...session,
      lineOverrides: { ...session.lineOverrides, [id]: overrides },
    });
    return showLineItems(scene, patched).find((line) => line["id"] === id) ?? null;
  }
  throw new ApiError(404, `There is no line item ${id}.`);
}

function sessionOfLine(book: Book, id: string) {
  return book
    .all("checkout.session")
    .find((session) => session.lines.some((line) => line.id === id));
}

function failRequests(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 0);
  const named = options["status"];
  const status =
    typeof named === "number" || named === "timeout" || named === "reset" ? named : 500;
  const method = textOf(options, "method");
  const pathPrefix = textOf(options, "pathPrefix");
  const retryAfterSec = numberOf(options, "retryAfterSec");
  stage.faults.add({
    status,
    count: numberOf(options, "count") ?? 1,
    afterEffect: options["afterEffect"] === true,
    ...(method === null ? {} : { method }),
    ...(pathPrefix === null ? {} : { pathPrefix }),
    ...(retryAfterSec === null ? {} : { retryAfterSec }),
  });
  return null;
}

/** The verbs about accounts, faults, the clock and the log. */
export const worldVerbs: Readonly<Record<string, Verb>> = {
  patchObject,
  failRequests,
  clearFaults(stage) {
    stage.faults.clear();
    return null;
  },
  latency(stage, given) {
    const options = optionsAt(given, 0);
    stage.faults.latencyMs = numberOf(options, "ms") ?? 0;
    stage.faults.latencyJitterMs = numberOf(options, "jitterMs") ?? 0;
    return null;
  },
  requests(stage, given) {
    const prefix = textOf(optionsAt(given, 0), "pathPrefix") ?? "";
    const found = stage.requests.list(prefix);
    return {
      requests: found.map((entry) => ({ ...entry })),
      count: found.length,
      peakPerSecond: peakPerSecond(found),
    };
  },
  resetLog(stage) {
    stage.requests.clear();
    return null;
  },
  reset(stage) {
    stage.simulation.clear();
    stage.deliverer.clear();
    stage.idempotency.clear();
    stage.faults.clear();
    stage.requests.clear();
    return null;
  },
  account(stage, given) {
    const { simulation } = stage;
    const account = simulation.accountFor(textAt(given, 0));
    return show({ simulation, book: simulation.book(account.id, false) }, account);
  },
  linkKey(stage, given) {
    const options = optionsAt(given, 0);
    const account = stage.simulation.accountFor(textOf(options, "accountOf") ?? "");
    stage.simulation.accountOfKey.set(textOf(options, "key") ?? "", account.id);
    return null;
  },
  nameAccount(stage, given) {
    const options = optionsAt(given, 0);
    const account = stage.simulation.accountFor(textOf(options, "key") ?? "");
    const displayName = textOf(options, "name") ?? account.displayName;
    stage.simulation.accounts.set(account.id, { ...account, displayName });
    return null;
  },
  disconnectAccount(stage, given) {
    const options = optionsAt(given, 0);
    const platform = stage.simulation.accountFor(textOf(options, "key") ?? "");
    stage.simulation.disconnected.add(`${platform.id}|${textOf(options, "account") ?? ""}`);
    return null;
  },
  advance(stage, given) {
    const seconds = numberOf(optionsAt(given, 0), "seconds") ?? 0;
    if (seconds < 0) throw new ApiError(400, "The clock only moves forward.");
    stage.simulation.clockOffsetSeconds += Math.floor(seconds);
    stage.sweep();
    return { now: stage.simulation.now() };
  },
};

/** Whether a value can be the arguments of a control call. */
export function isGiven(value: Json): value is Json[] {
  return (
    Array.isArray(value) &&
    value.length <= 4 &&
    value.every((item) => isObject(item) || typeof item !== "object" || item === null)
  );
}
