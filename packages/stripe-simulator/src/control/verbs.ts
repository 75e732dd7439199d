import type { Faults } from "../http/faults.js";
import type { IdempotencyKeys } from "../http/idempotency.js";
import type { RequestLog } from "../http/request-log.js";
import { ApiError } from "../api-error.js";
import type { Json } from "../json.js";
import { type Scene, type Simulation, sceneOf } from "../simulation.js";
import type { Kind, RecordOf } from "../store/records.js";
import type { Deliverer } from "../webhooks/deliverer.js";
import type { Given } from "./arguments.js";

/** Everything that the control API reaches. */
export interface Stage {
  readonly simulation: Simulation;
  readonly deliverer: Deliverer;
  readonly idempotency: IdempotencyKeys;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** Expires the sessions whose time has come. */
  readonly sweep: () => void;
}

/** One verb of the control API. */
export type Verb = (stage: Stage, given: Given) => Json | Promise<Json>;

/** An object by its id in whatever account has it, with the scene around it. */
export function locate<K extends Kind>(
  stage: Stage,
  kind: K,
  id: string,
): { scene: Scene; record: RecordOf<K> } {
  const book = stage.simulation.locate(id);
  const record = book?.find(kind, id);
  if (!book || !record) throw new ApiError(404, `There is no ${kind} ${id}.`);
  return { scene: sceneOf(stage.simulation, book), record };
}
