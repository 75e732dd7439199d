import { invalidRequest } from "../api-error.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { text, texts } from "../params/read.js";
import { show } from "../render.js";
import { mustFind } from "./find.js";

const typesMax = 20;
const reachSeconds = 30 * 86_400;

/** Whether an event type is one of the patterns: a type, `*`, or a family such as `charge.*`. */
export function matchesType(patterns: readonly string[], type: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === type ||
      (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1))),
  );
}

function list(call: ApiCall): JsonObject {
  const type = text(call.params, "type");
  const types = texts(call.params, "types");
  if (type !== null && types.length > 0) {
    throw invalidRequest("You may only specify one of these parameters: type, types.");
  }
  if (types.length > typesMax) {
    throw invalidRequest(`You may specify at most ${typesMax} types.`, "types");
  }
  const wanted = type === null ? types : [type];
  const oldest = call.scene.simulation.now() - reachSeconds;
  return listAnswer(call, {
    kind: "event",
    keep: (record) =>
      record.kind === "event" &&
      record.created >= oldest &&
      (wanted.length === 0 || matchesType(wanted, record.type)),
  });
}

/** The requests about events; they reach back 30 days. */
export const eventRoutes = [
  route("GET /v1/events", "EventListParams", list),
  route("GET /v1/events/:id", "EventRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "event", id)),
  ),
];
