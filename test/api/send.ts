import { request as httpRequest } from "node:http";
import { z } from "zod";

export interface Asked {
  readonly method: string;
  /** Sent as it stands: nothing is normalised, unlike with `fetch`. */
  readonly path: string;
  /** JSON, unless it is bytes or text already. */
  readonly body?: unknown;
}

export interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of its content. */
  readonly type: string;
  readonly text: string;
  /** Empty when the answer is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

const jsonObject = z.record(z.string(), z.unknown());

/** One HTTP request on a connection of its own, with exactly this path and these headers. */
export function send(
  base: string,
  { method, path, body }: Asked,
  headers: Readonly<Record<string, string>> = {},
): Promise<Raw> {
  const { hostname, port } = new URL(base);
  const bytes = bytesOf(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(bytes === undefined
          ? {}
          : { "content-type": "application/json", "content-length": bytes.length }),
        ...headers,
      },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const isJson = response.headers["content-type"]?.includes("json") === true;
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          type: response.headers["content-type"] ?? "",
          text,
          json: isJson ? (jsonObject.safeParse(JSON.parse(text)).data ?? {}) : {},
        });
      });
    });
    request.end(bytes);
  });
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
