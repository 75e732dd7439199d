/**
 * The load: as many keep-alive connections as told, each with one delivery under way. A thread of its own with
 * requests that are signed and laid out before the clock runs, because it shares two cores with what it measures.
 */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { completedEventBody, newStripeId, signatureHeader } from "./signed-events.js";

/** What the thread is told when it starts. */
export interface LoadTarget {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  readonly connections: number;
}

/** One round of deliveries. */
export interface LoadResult {
  readonly elapsedMs: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of each delivery, from its last byte written to its answer. */
  readonly latenciesMs: Float64Array;
}

const roundWithinMs = 60_000;
const target = workerData as LoadTarget;

parentPort?.on("message", (deliveries: number) => {
  fire(deliveries).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => parentPort?.postMessage({ failed: String(error) }),
  );
});

async function fire(deliveries: number): Promise<LoadResult> {
  const requests = Array.from({ length: deliveries }, signedRequest);
  const latenciesMs = new Float64Array(deliveries);
  const statuses: Record<string, number> = {};
  let next = 0;
  const take = (): number | undefined => (next < deliveries ? next++ : undefined);
  const startMs = performance.now();
  const connections = Array.from({ length: target.connections }, () =>
    runConnection(take, requests, (index, status, latencyMs) => {
      latenciesMs[index] = latencyMs;
      statuses[status] = (statuses[status] ?? 0) + 1;
    }),
  );
  await Promise.all(connections);
  return { elapsedMs: performance.now() - startMs, statuses, latenciesMs };
}

function signedRequest(): Buffer {
  const body = completedEventBody(newStripeId("evt"), newStripeId("cs_test"));
  const head = [
    `POST ${target.path} HTTP/1.1`,
    `Host: 127.0.0.1:${target.port}`,
    "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept: */*; q=0.5, application/xml",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Stripe-Signature: ${signatureHeader(body, target.secret)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Sends one delivery after the other over one connection until there are none left. */
function runConnection(
  take: () => number | undefined,
  requests: readonly Buffer[],
  answered: (index: number, status: string, latencyMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: target.port, host: "127.0.0.1", noDelay: true });
    let index: number | undefined;
    let sentMs = 0;
    let received = "";
    const finish = (error?: Error): void => {
      clearTimeout(deadline);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const deadline = setTimeout(() => finish(new Error("the round took too long")), roundWithinMs);
    const send = (): void => {
      index = take();
      const request = index === undefined ? undefined : requests[index];
      if (request === undefined) {
        finish();
        return;
      }
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
      const endsAt = answerEnd(received);
      if (endsAt === undefined || received.length < endsAt || index === undefined) return;
      answered(index, received.slice(9, 12), performance.now() - sentMs);
      received = received.slice(endsAt);
      send();
    });
    socket.once("connect", send);
    socket.once("error", finish);
    socket.once("close", () => finish(new Error("the server closed a connection")));
  });
}

/** Where the answer ends, once its headers are complete. */
function answerEnd(received: string): number | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const length = /\r\ncontent-length: (?<bytes>\d+)/i.exec(received.slice(0, headEnd))?.groups;
  if (length?.["bytes"] === undefined) throw new Error("an answer without Content-Length");
  return headEnd + 4 + Number(length["bytes"]);
}
