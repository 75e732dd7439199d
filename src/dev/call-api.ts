import { z } from "zod";
import type { Stack } from "./start-stack.js";

/** What the demo reads of the API's answers. */
const answers = {
  "/v1/checkouts": z.object({ id: z.string(), checkoutUrl: z.string(), credits: z.number() }),
  "/v1/wallets/": z.object({ available: z.number(), held: z.number() }),
  "/v1/usage": z.object({ status: z.string(), credits: z.number().nullable() }),
  "/v1/usage/": z.object({ status: z.string(), transactions: z.array(z.string()) }),
  "/v1/agent-tokens": z.object({ token: z.string() }),
  "/v1/holds": z.object({ id: z.string() }),
  "/v1/holds/": z.object({ credits: z.number() }),
  "/v1/transactions/": z.object({ sentence: z.string() }),
} as const;
type Path = keyof typeof answers;

interface Call {
  readonly body?: unknown;
  /** What follows the path. */
  readonly rest?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the API as an application would, over HTTP and with its key. */
export async function callApi<P extends Path>(
  { running, env }: Stack,
  method: "GET" | "POST",
  path: P,
  { body, rest = "", headers }: Call,
): Promise<z.output<(typeof answers)[P]>> {
  const response = await fetch(`${running.ctx.publicUrl}${path}${rest}`, {
    method,
    headers: {
      connection: "close",
      authorization: `Bearer ${env["PROJECT_API_KEY"] ?? ""}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}${rest} answered ${JSON.stringify(answer)}`);
  return answers[path].parse(answer) as z.output<(typeof answers)[P]>;
}
