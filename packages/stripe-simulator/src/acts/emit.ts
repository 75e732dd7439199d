import { newId } from "../ids.js";
import type { JsonObject } from "../json.js";
import { previousAttributes, show } from "../render.js";
import type { EventRecord } from "../resources/event.js";
import type { Scene } from "../simulation.js";
import type { StoredRecord } from "../store/records.js";

/** Generates an event about a record as it is now, unless the control API swallows it. */
export function emit(
  scene: Scene,
  type: string,
  subject: StoredRecord,
  previous: JsonObject | null = null,
): void {
  const { simulation, book, cause } = scene;
  if (simulation.swallows(type)) return;
  const account = simulation.accounts.get(book.accountId);
  const event: EventRecord = {
    kind: "event",
    id: newId("evt"),
    created: simulation.now(),
    account: account?.platform ? account.id : null,
    idempotencyKey: cause.idempotencyKey,
    livemode: book.livemode,
    previousAttributes: previous,
    requestId: cause.requestId,
    subject,
    type,
  };
  book.put(event);
  simulation.onChange();
  simulation.onEvent(book, event);
}

/** Stores the next version of a record and generates an event that names what changed. */
export function change<R extends StoredRecord>(scene: Scene, type: string, before: R, after: R): R {
  scene.book.put(after);
  scene.simulation.onChange();
  emit(scene, type, after, previousAttributes(show(scene, before), show(scene, after)));
  return after;
}

/** Stores a record without an event. */
export function keep<R extends StoredRecord>(scene: Scene, record: R): R {
  scene.simulation.onChange();
  return scene.book.put(record);
}
