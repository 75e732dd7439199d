import type { RequestHandler } from "express";
import { parsePublicId } from "../kernel/ids.js";
import { Refusal, refusals } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { RawMount } from "../platform/http/create-app.js";
import { refusalOf } from "../platform/http/error-refusal.js";
import { readBody } from "../platform/http/read-body.js";
import { sendRefusal } from "../platform/http/send-reply.js";
import type { Metrics } from "../platform/metrics/create-metrics.js";
import { exchangeOf } from "../platform/http/exchange.js";
import type { Receiver } from "./receive-event.js";

const bodyBytesMax = 1024 * 1024;
/** Below two seconds, in which Stripe is told that we cannot take an event now. */
const answerWithinMs = 1_800;

/**
 * `POST /stripe/webhooks/:projectId`, in front of everything that other routes need: the raw bytes are what is signed.
 * 200 once the event is committed; 400 for a signature that does not hold, and nothing is stored; 503 when the
 * database does not answer, so that Stripe repeats the delivery.
 */
export function stripeWebhookMount(
  ctx: Pick<Context, "log"> & { readonly metrics: Metrics },
  receiver: Receiver,
): RawMount {
  const handler: RequestHandler = async (request, response, next) => {
    const match = /^\/([A-Za-z0-9_]{1,64})$/.exec(request.path);
    if (match === null || request.method !== "POST") return next();
    try {
      const projectId = parsePublicId("project", match[1]);
      if (projectId === undefined)
        throw new Refusal("not_found", {
          detail: "No project takes Stripe events at this address.",
        });
      const body = await readBody(request, bodyBytesMax);
      const signature = request.get("stripe-signature");
      const outcome = await answeredInTime(receiver.receive({ projectId, body, signature }));
      ctx.metrics.add("stripe_webhooks_total", { outcome });
      response.sendStatus(200);
    } catch (error) {
      const refusal = refusalOf(error);
      const isOurs = refusals[refusal.code].status >= 500;
      ctx.metrics.add("stripe_webhooks_total", { outcome: isOurs ? "failed" : "refused" });
      if (isOurs) ctx.log.error({ error }, "a Stripe delivery could not be taken");
      sendRefusal(response, refusal, exchangeOf(request).requestId);
    }
  };
  return { path: "/stripe/webhooks", handler };
}

/** Gives up waiting, not the work: what is committed after all is a duplicate when Stripe comes again. */
async function answeredInTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new Refusal("unavailable", {
          detail: "The event could not be stored in time. Deliver it again.",
          retryAfterSeconds: 5,
        }),
      );
    }, answerWithinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
