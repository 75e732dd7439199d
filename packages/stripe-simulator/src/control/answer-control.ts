import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../api-error.js";
import { readBody } from "../http/read-body.js";
import { parseJson } from "../json.js";
import { moneyVerbs } from "./money-verbs.js";
import type { Stage, Verb } from "./verbs.js";
import { webhookVerbs } from "./webhook-verbs.js";
import { isGiven, worldVerbs } from "./world-verbs.js";

const verbs = new Map<string, Verb>(
  Object.entries({ ...moneyVerbs, ...webhookVerbs, ...worldVerbs }),
);

/** Answers `POST /_control/<verb>`: the body is the list of arguments, the answer `{ result }` or `{ error }`. */
export async function answerControl(
  stage: Stage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const respond = (status: number, body: object): void => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
  try {
    const name = (request.url ?? "").slice("/_control/".length);
    const verb = verbs.get(name);
    if (!verb) throw new ApiError(404, `The control API has no verb ${name}.`);
    // A page of another origin cannot send JSON without asking first, so it cannot drive the simulator.
    if (request.headers["content-type"]?.startsWith("application/json") !== true) {
      throw new ApiError(415, "Send the arguments as a JSON array.");
    }
    const given = parseJson((await readBody(request)) || "[]");
    if (!isGiven(given)) throw new ApiError(400, "Send the arguments as a JSON array.");
    respond(200, { result: await verb(stage, given) });
  } catch (thrown) {
    if (thrown instanceof ApiError) respond(thrown.status, { error: thrown.message });
    else respond(500, { error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}
