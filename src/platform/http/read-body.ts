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
  const { bytes, totalBytes } = await collect(request, limitBytes);
  if (totalBytes > limitBytes) throw tooLarge(limitBytes);
  return bytes;
}

/** Listens instead of iterating: an iterator of a stream costs more than a small body itself. */
function collect(
  request: IncomingMessage,
  limitBytes: number,
): Promise<{ readonly bytes: Buffer; readonly totalBytes: number }> {
  return new Promise((resolve, reject) => {
    // One who left before we listened sends no event any more.
    if (request.destroyed) return reject(clientLeft());
    const chunks: Buffer[] = [];
    let totalBytes = 0;
    const finish = (): void => {
      const [only] = chunks;
      const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve({ bytes, totalBytes });
    };
    request.on("data", (chunk: Buffer) => {
      totalBytes += chunk.length;
      if (totalBytes <= limitBytes) chunks.push(chunk);
      else if (totalBytes > limitBytes + discardBytesMax) {
        request.pause();
        finish();
      }
    });
    request.once("end", finish);
    request.once("error", () => reject(clientLeft()));
    request.once("close", () => reject(clientLeft())); // changes nothing after the end
    return undefined;
  });
}

/** Nobody reads this answer; the code keeps it apart from a failure of ours. */
function clientLeft(): Refusal {
  return new Refusal("request_timeout", { detail: "The connection ended before the body did." });
}

function tooLarge(limitBytes: number): Refusal {
  return new Refusal("body_too_large", {
    detail: `The body may have at most ${limitBytes} bytes. Split the request into smaller ones.`,
    extra: { limitBytes },
  });
}
