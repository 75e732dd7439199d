import type { IncomingMessage } from "node:http";
import { Refusal } from "../../kernel/refusals.js";

/** Beyond the limit we still read this much and throw it away, so that an honest client gets to see the 413. */
const discardBytesMax = 32 * 1024 * 1024;

/**
 * Reads a body of at most `limitBytes` bytes. Throws `body_too_large`, and `unsupported_media_type` for a compressed
 * body, whose size nobody knows before it is unpacked. A client that hangs is ended by the server's request timeout.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    throw new Refusal("unsupported_media_type", {
      detail: "Send the body uncompressed, without Content-Encoding.",
    });
  }
  const announcedBytes = Number(request.headers["content-length"] ?? 0);
  if (announcedBytes > limitBytes + discardBytesMax) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let totalBytes = 0;
  // Leaving this loop early destroys the request, and with it the connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    totalBytes += bytes.length;
    if (totalBytes <= limitBytes) chunks.push(bytes);
    else if (totalBytes > limitBytes + discardBytesMax) break;
  }
  if (totalBytes > limitBytes) throw tooLarge(limitBytes);
  return Buffer.concat(chunks);
}

function tooLarge(limitBytes: number): Refusal {
  return new Refusal("body_too_large", {
    detail: `The body may have at most ${limitBytes} bytes. Split the request into smaller ones.`,
    extra: { limitBytes },
  });
}
