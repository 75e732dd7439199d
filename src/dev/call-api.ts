import { z } from "zod";
import type { Stack } from "./start-stack.js";

/** What the demo reads of the API's answers. */
const answers = {
  "/v1/checkouts": z.object({ id: z.string(), checkoutUrl: z.string(), credits: z.number() }),
  "/v1/wallets/": z.object({ available: z.number() }),
} as const;
type Path = keyof typeof answers;

/** Calls the API as an application would, over HTTP and with its key. */
export async function callApi<P extends Path>(
  { running, env }: Stack,
  method: "GET" | "POST",
  path: P,
  body?: unknown,
  rest = "",
): Promise<z.output<(typeof answers)[P]>> {
  const response = await fetch(`${running.ctx.publicUrl}${path}${rest}`, {
    method,
    headers: {
      connection: "close",
      authorization: `Bearer ${env["PROJECT_API_KEY"] ?? ""}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}${rest} answered ${JSON.stringify(answer)}`);
  return answers[path].parse(answer) as z.output<(typeof answers)[P]>;
}
