import type { IncomingMessage } from "node:http";
import { ApiError } from "../api-error.js";

const bodyBytesMax = 1_048_576;

/** Reads a request's body as text; more than 1 MiB is refused. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new ApiError(413, "Request body is too large.");
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
