import {
  type ApiKeyId,
  newId,
  type ProjectId,
  publicId,
  type UsageBatchId,
  type UsageEventId,
  type WalletId,
} from "../kernel/ids.js";
import { modelOf, priceEvent, type RateCard } from "../rating/price.js";
import {
  eventIdAt,
  eventsPerBatch,
  laneOf,
  toBatchId,
  type UsageEvent,
  type UsageInput,
} from "./rules.js";

/** Events that one caller sent together. */
export interface UsageRequest {
  readonly projectId: ProjectId;
  /** `null` for usage that an application put in the queue by itself. */
  readonly apiKeyId: ApiKeyId | null;
  readonly requestId: string | null;
  readonly events: readonly UsageInput[];
}

/** An event that has its wallet and its price, and no id yet. */
export type PricedInput = Omit<UsageEvent, "id" | "key"> & { readonly key: string | null };

/** Prices an event by a version of the rate card, unless it brings its own price. Never refuses: it is kept why not. */
export function priceInput(
  { projectId, apiKeyId, requestId }: UsageRequest,
  input: UsageInput,
  walletId: WalletId,
  card: RateCard | undefined,
): PricedInput {
  const { event, quantity, properties, metadata = null, at, holdId = null, quoteId = null } = input;
  const { credits, refusal, ownPrice } = priceOf(input, card);
  return {
    credits,
    refusal,
    ownPrice,
    projectId,
    walletId,
    key: input.id ?? null,
    event,
    model: modelOf({ properties }) ?? null,
    rateCardVersion: card?.version ?? 0,
    quantity: quantity ?? null,
    properties: properties ?? null,
    metadata,
    occurredAt: at ?? null,
    holdId,
    quoteId,
    apiKeyId,
    requestId,
  };
}

function priceOf(
  { credits, event, quantity, properties }: UsageInput,
  card: RateCard | undefined,
): Pick<UsageEvent, "credits" | "refusal" | "ownPrice"> {
  if (credits !== undefined) return { credits, refusal: null, ownPrice: true };
  const price = priceEvent(card, event, { quantity, properties });
  return price.approved
    ? { credits: price.value.credits, refusal: null, ownPrice: false }
    : { credits: null, refusal: price.refusal.code, ownPrice: false };
}

/** Events of one project and one lane, in order, with their ids. */
export interface UsageBatch {
  readonly id: UsageBatchId;
  readonly projectId: ProjectId;
  readonly lane: number;
  readonly events: readonly UsageEvent[];
}

/** Sorts events into batches by project and lane. In each lane they keep the order in which they are given. */
export function toBatches(inputs: readonly PricedInput[]): {
  readonly batches: readonly UsageBatch[];
  /** The events in the order of the inputs. */
  readonly events: readonly UsageEvent[];
} {
  const open = new Map<string, { readonly batch: UsageBatch; readonly events: UsageEvent[] }>();
  const batches: UsageBatch[] = [];
  const events = inputs.map((input) => {
    const lane = laneOf(input.walletId);
    const name = `${input.projectId} ${lane}`;
    let filling = open.get(name);
    if (filling === undefined || filling.events.length === eventsPerBatch) {
      const own: UsageEvent[] = [];
      const id = toBatchId(newId("usageBatch"));
      filling = { batch: { id, projectId: input.projectId, lane, events: own }, events: own };
      open.set(name, filling);
      batches.push(filling.batch);
    }
    const id = eventIdAt(filling.batch.id, filling.events.length);
    const event = toEvent(input, id);
    filling.events.push(event);
    return event;
  });
  return { batches, events };
}

/** Field by field: a spread into a wider object costs more than pricing does. */
function toEvent(input: PricedInput, id: UsageEventId): UsageEvent {
  const { projectId, walletId, event, model, credits, refusal, ownPrice, rateCardVersion } = input;
  const { quantity, properties, metadata, occurredAt, holdId, quoteId } = input;
  const { apiKeyId, requestId, key } = input;
  return {
    id,
    key: key ?? publicId("usageEvent", id),
    projectId,
    walletId,
    event,
    model,
    credits,
    refusal,
    ownPrice,
    rateCardVersion,
    quantity,
    properties,
    metadata,
    occurredAt,
    holdId,
    quoteId,
    apiKeyId,
    requestId,
  };
}
