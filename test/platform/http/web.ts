import { createLog } from "../../../src/platform/log/create-log.js";
import { newId } from "../../../src/kernel/ids.js";
import { createHttpApp, type HttpAppOptions } from "../../../src/platform/http/create-app.js";
import { listen } from "../../../src/platform/http/listen.js";
import type { Principal } from "../../../src/platform/http/principal.js";
import type { Route } from "../../../src/platform/http/route.js";

export const goodKey = "chg_test_goodKeyGoodKeyGoodKey1";
export const readOnlyKey = "chg_test_readOnlyReadOnlyRead2";
export const otherProjectKey = "chg_test_otherProjectOtherPro3";

const principalOf = (...scopes: string[]): Principal => ({
  kind: "secret",
  projectId: newId("project"),
  mode: "test",
  keyId: newId("apiKey"),
  scopes: new Set(scopes),
});

export const principals = new Map([
  [goodKey, principalOf("things:read", "things:write")],
  [readOnlyKey, principalOf("things:read")],
  [otherProjectKey, principalOf("things:read", "things:write")],
]);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Web {
  readonly url: string;
  /** What was logged, as the bytes that were written. */
  readonly logged: () => string;
  readonly close: (timeoutMs?: number) => Promise<void>;
  readonly get: (path: string, init?: RequestInit) => Promise<Answer>;
  /** With the good key and a JSON body, unless `init` says otherwise. */
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Answer>;
}

/** A real server on a free port of this machine. */
export async function startWeb<Ctx>(
  routes: readonly Route<Ctx>[],
  ctx: Ctx,
  options: Partial<HttpAppOptions<Ctx>> = {},
): Promise<Web> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const app = createHttpApp<Ctx>({
    routes,
    ctx,
    authenticate: async (key) => principals.get(key),
    log: createLog({ level: "debug", name: "web", destination }),
    ...options,
    limits: { perSecond: 10_000, authFailuresPerMinute: 10_000, ...options.limits },
  });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  const get = (path: string, init: RequestInit = {}) => ask(server.url + path, init);
  return {
    url: server.url,
    logged: () => lines.join(""),
    close: (timeoutMs = 2_000) => server.close({ timeoutMs }),
    get,
    post: (path, body, init = {}) =>
      get(path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: {
          authorization: `Bearer ${goodKey}`,
          "content-type": "application/json",
          ...headersOf(init),
        },
      }),
  };
}

function headersOf({ headers }: RequestInit): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, {
    redirect: "manual",
    ...init,
    headers: { authorization: `Bearer ${goodKey}`, ...headersOf(init) },
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true && text !== "";
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : {},
  };
}
