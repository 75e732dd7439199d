import type { RequestListener } from "node:http";
import type { HttpAccess } from "@chargly/mcp";
import inject from "light-my-request";

/** On whose behalf calls are made. */
export interface Caller {
  /** The client's address: limits count it as if the client had called itself. */
  readonly ip: string | undefined;
  readonly requestId: string;
}

/**
 * A `fetch` that ends in this process: each call goes through the same front door as any other, with authentication, limits,
 * refusals and a line in the log, and through no network. Calls of one request have its id and their number.
 */
export function callInProcess(
  listener: RequestListener,
  { ip, requestId }: Caller,
): HttpAccess["fetch"] {
  let calls = 0;
  return async (url, { method = "GET", headers, body, signal }) => {
    const { pathname, search } = new URL(url);
    calls++;
    const sent = Object.fromEntries(new Headers(headers));
    const answer = await inject(keepingMethods(listener), {
      method,
      url: `${pathname}${search}`,
      headers: { ...sent, "x-request-id": `${requestId}.${calls}` },
      ...(typeof body === "string" ? { payload: body } : {}),
      ...(ip === undefined ? {} : { remoteAddress: ip }),
      ...(signal === undefined || signal === null ? {} : { signal }),
    });
    const { statusCode: status } = answer;
    return new Response(status === 204 ? null : answer.payload, {
      status,
      headers: textHeaders(answer.headers),
    });
  };
}

/**
 * Express gives requests and responses another prototype, and with it the methods of real connections. What these do otherwise
 * is pinned to each of them before.
 */
function keepingMethods(listener: RequestListener): RequestListener {
  return (request, response) => {
    pin(request, ["_read", "destroy"]);
    pin(response, ["writeHead", "write", "end", "addTrailers", "destroy"]);
    listener(request, response);
  };
}

function pin(object: object, methods: readonly string[]): void {
  for (const name of methods) Reflect.set(object, name, Reflect.get(object, name));
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const named = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([name, value]) => [name, String(value)]));
}
