import type { JsonObject } from "../json.js";
import { paramsOf } from "../params/schemas.js";
import type { ParamType } from "../params/schemas.js";
import { listObject, show } from "../render.js";
import type { Scene } from "../simulation.js";
import { type ListQuery, listRecords } from "../store/list-records.js";

/** One API request, after authentication and the check of its parameters. */
export interface ApiCall {
  readonly scene: Scene;
  readonly params: JsonObject;
  /** The id in the path, or an empty text. */
  readonly id: string;
  readonly path: string;
}

/** One request that the API answers. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Segments; `:id` matches one. */
  readonly segments: readonly string[];
  readonly params: ParamType;
  readonly answer: (call: ApiCall) => JsonObject;
}

/** Declares a route: method and path, the SDK's name of its parameters, and what answers it. */
export function route(
  line: `${Route["method"]} /v1/${string}`,
  paramsName: string,
  answer: Route["answer"],
): Route {
  const [method, path = ""] = line.split(" ");
  return {
    method: method === "POST" || method === "DELETE" ? method : "GET",
    segments: path.split("/").filter((segment) => segment !== ""),
    params: paramsOf(paramsName),
    answer,
  };
}

/** The answer of a list request. */
export function listAnswer(call: ApiCall, query: ListQuery): JsonObject {
  const page = listRecords(call.scene.book, query, call.params);
  const data = page.records.map((record) => show(call.scene, record));
  return listObject(call.path, data, page.hasMore);
}

/** Finds the route of a request. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  segments: readonly string[],
): { route: Route; id: string } | undefined {
  for (const candidate of routes) {
    if (candidate.method !== method || candidate.segments.length !== segments.length) continue;
    let id = "";
    const matches = candidate.segments.every((segment, index) => {
      const given = segments[index] ?? "";
      if (segment !== ":id") return segment === given;
      id = given;
      return true;
    });
    if (matches) return { route: candidate, id };
  }
  return undefined;
}
