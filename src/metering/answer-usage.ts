import { type Credits, creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { present } from "../kernel/assert.js";
import type { Balances } from "../ledger/movements.js";
import { readWalletById } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import { refusalOf } from "../platform/http/error-refusal.js";
import type { Principal } from "../platform/http/principal.js";
import { type JsonReply, reply } from "../platform/http/reply.js";
import { renderBalance } from "../wallets/render.js";
import { withTopUp } from "../wallets/offer-top-up.js";
import type { Admitted } from "./admit-usage.js";
import type { MeteringContext } from "./context.js";
import type { RecordWaited } from "./create-recorder.js";
import type { UsageDesk } from "./create-usage-desk.js";
import { isList, nameByKey } from "./parse-usage.js";
import type { UsageRequest } from "./price-usage.js";
import { readUsage } from "./read-usage.js";
import { recordedMax } from "./record-usage.js";
import { nameOf, renderAnswers } from "./render-answers.js";
import { isFunded, type UsageEvent, type UsageInput } from "./rules.js";
import { refuseOthersIds } from "./usage-tokens.js";
import type { BacklogWatch } from "./watch-backlog.js";

/** What taking usage over HTTP needs. */
export interface UsageDoor extends MeteringContext, Pick<Context, "vault" | "clock" | "publicUrl"> {
  readonly usageDesk: UsageDesk;
  readonly recordWaited: RecordWaited;
  readonly backlog: BacklogWatch;
}

/** One call of `POST /v1/usage`. */
export interface UsageCall {
  readonly principal: Principal;
  readonly requestId: string;
  readonly input: UsageInput | readonly UsageInput[];
  /** The `Idempotency-Key` header: the id of a single event that has none. */
  readonly idempotencyKey: string | undefined;
  /** `Prefer: wait`: the sender wants to know how it ends. */
  readonly wait: boolean;
}

/**
 * Takes usage. Events that name a hold or a quote are applied before the answer, so that what the hold promised is
 * kept; the others are committed and applied by a worker, unless the sender waits.
 */
export async function answerUsage(door: UsageDoor, call: UsageCall): Promise<JsonReply> {
  const input = nameByKey(call.input, call.idempotencyKey);
  refuseOthersIds(call.principal, call.input, input);
  try {
    return await answerNamed(door, { ...call, input });
  } catch (error) {
    throw sayWhatMayBe(door, error, { requestId: call.requestId, inList: isList(input) });
  }
}

/** What failed may have been committed all the same; the part of a list that was applied first surely was. */
function sayWhatMayBe(
  { log }: UsageDoor,
  error: unknown,
  { requestId, inList }: { readonly requestId: string; readonly inList: boolean },
): unknown {
  const { code, details } = refusalOf(error);
  const mayBe = code === "unavailable" || (inList && code === "wallet_busy");
  if (!mayBe) return error;
  if (!(error instanceof Refusal)) log.warn({ err: error, requestId }, "refused after an error");
  return new Refusal(code, {
    ...details,
    detail:
      "The events may have been taken. Send them again under the same ids: each is charged once.",
  });
}

async function answerNamed(door: UsageDoor, call: UsageCall): Promise<JsonReply> {
  const { input, principal, requestId } = call;
  // An agent has to know what it has spent before it goes on, and its budget is counted by what is applied.
  const wait = call.wait || principal.kind === "agent";
  const events = isList(input) ? input : [input];
  refuseOwnPrices(principal, events, isList(input));
  const { projectId, keyId: apiKeyId } = principal;
  const request = { projectId, apiKeyId, requestId, events };
  if (!isList(input)) {
    if (wait || isFunded(input)) return answerRecorded(door, request, principal);
    door.backlog.check(request.projectId);
    const [admitted] = await door.usageDesk.accept(request);
    return answerAdmitted(present(admitted, "one event, one answer"), principal);
  }
  return wait ? answerWaited(door, request, principal) : answerList(door, request);
}

function refuseOwnPrices(
  { scopes }: Principal,
  events: readonly UsageInput[],
  inList: boolean,
): void {
  if (scopes.has("usage:price")) return;
  const at = events.findIndex(({ credits }) => credits !== undefined);
  if (at === -1) return;
  throw new Refusal("forbidden", {
    param: inList ? `[${at}].credits` : "credits",
    detail:
      "This key may not set the price of an event. Leave credits out, so that the rate card prices it, or use a key with the scope usage:price.",
    extra: { requiredScopes: ["usage:price"] },
  });
}

function answerAdmitted({ event, status }: Admitted, principal: Principal): JsonReply {
  if (status === "conflict") throw idConflict(event, principal);
  return reply.accepted({ ...nameOf(event), status, credits: priceOf(event) });
}

async function answerRecorded(
  door: UsageDoor,
  request: UsageRequest,
  principal: Principal,
): Promise<JsonReply> {
  const [recorded] = await door.recordWaited({ request, keepRefused: false });
  const end = present(recorded, "one event, one answer");
  switch (end.status) {
    case "applied": {
      const { result, after } = end.decided;
      const { taken, shortfall } = present(result.approved ? result.value : null, "it was applied");
      return reply.ok(appliedAnswer(end.event, { taken, shortfall, after }));
    }
    case "refused":
      throw withTopUp(door, principal, end.event.walletId, end.refusal);
    case "duplicate":
      return answerAgain(door, end.event, principal);
    case "conflict":
      throw idConflict(end.event, principal);
  }
}

/** What was answered the first time, as far as it is known by now. */
async function answerAgain(
  door: UsageDoor,
  event: UsageEvent,
  principal: Principal,
): Promise<JsonReply> {
  const usage = present(
    await readUsage(door.db, event.projectId, event.key),
    "a known event can be read",
  );
  const { rejection, after } = usage;
  if (rejection !== null)
    throw withTopUp(
      door,
      principal,
      event.walletId,
      new Refusal(rejection.reason, {
        detail: `This event was rejected before, and stays so. Send the next one under another id. ${rejection.detail}`,
        extra: { eventId: publicId("usageEvent", event.id) },
      }),
    );
  if (usage.state !== "applied")
    return reply.accepted({ ...nameOf(event), status: "duplicate", credits: priceOf(event) });
  const wallet = after ?? (await readWalletById(door.db, event.projectId, event.walletId));
  return reply.ok(
    appliedAnswer(event, { ...usage, after: present(wallet, "an event has a wallet") }),
    { "Idempotent-Replayed": "true" },
  );
}

function appliedAnswer(
  event: UsageEvent,
  {
    taken,
    shortfall,
    after,
  }: { readonly taken: Credits; readonly shortfall: Credits; readonly after: Balances },
) {
  return {
    ...nameOf(event),
    status: "applied",
    credits: creditsToJson(taken),
    shortfall: creditsToJson(shortfall),
    balance: renderBalance(after),
  };
}

async function answerList(door: UsageDoor, request: UsageRequest): Promise<JsonReply> {
  const funded = request.events.filter(isFunded);
  const plain = request.events.filter((event) => !isFunded(event));
  refuseLong(funded);
  if (plain.length > 0) door.backlog.check(request.projectId);
  const recorded =
    funded.length === 0
      ? []
      : await door.recordWaited({ request: { ...request, events: funded }, keepRefused: true });
  const admitted =
    plain.length === 0 ? [] : await door.usageDesk.accept({ ...request, events: plain });
  return reply.accepted(renderAnswers([...admitted, ...recorded]));
}

/** What is refused of an agent's list takes no id: it writes nothing that its budget does not pay for. */
async function answerWaited(
  door: UsageDoor,
  request: UsageRequest,
  { kind }: Principal,
): Promise<JsonReply> {
  refuseLong(request.events);
  const keepRefused = kind !== "agent";
  return reply.ok(renderAnswers(await door.recordWaited({ request, keepRefused })));
}

function refuseLong(events: readonly UsageInput[]): void {
  if (events.length <= recordedMax) return;
  throw new Refusal("invalid_request", {
    detail: `At most ${recordedMax} events of one request are applied before the answer: those with a hold or a quote, all with Prefer: wait, and all of an agent. Send fewer at once.`,
  });
}

function priceOf({ credits }: UsageEvent): number | null {
  return credits === null ? null : creditsToJson(credits);
}

/** Another customer's event is not named to an agent. */
function idConflict(event: UsageEvent, principal: Principal): Refusal {
  const isOthers = principal.kind === "agent" && principal.walletId !== event.walletId;
  return new Refusal("usage_id_conflict", {
    param: "id",
    detail:
      "An event with this id says something else. Give each event an id of its own; repeat an event with the same content.",
    extra: isOthers ? {} : { eventId: publicId("usageEvent", event.id) },
  });
}
