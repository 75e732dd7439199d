import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { parsePublicId } from "../kernel/ids.js";
import { Refusal, refusals } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { refusalOf } from "../platform/http/error-refusal.js";
import { sendRawRefusal } from "../platform/http/raw-answer.js";
import { readBody } from "../platform/http/read-body.js";
import type { RouteContract } from "../platform/http/route.js";
import type { Metrics } from "../platform/metrics/create-metrics.js";
import type { Receiver } from "./receive-event.js";

const webhookUrl = /^\/stripe\/webhooks\/(?<project>[A-Za-z0-9_]{1,64})(?:\?|$)/;
const bodyBytesMax = 1024 * 1024;
/** Stripe is told within two seconds that we cannot take an event now; the rest is for a busy machine to say it. */
const answerWithinMs = 1_500;

/** What the contract says of it. Nobody but Stripe calls it. */
export const receiverContract: RouteContract = {
  method: "post",
  path: "/stripe/webhooks/:projectId",
  operationId: "stripeEvents.receive",
  summary: "Receive an event of Stripe",
  description:
    "Where Stripe delivers the events of a project, in the payload style Snapshot; `chargly stripe connect` sets the endpoint up. 200 says that the event is committed, now or before. The queue may be down: what is committed is processed later.",
  tags: ["Stripe"],
  auth: "public",
  params: z.object({
    projectId: z.string().meta({
      description: "The project whose events these are.",
      examples: ["prj_01k2x3v9g7f6q8r5s4t3w2y1z0"],
    }),
  }),
  query: z.object({}),
  body: undefined,
  headers: { "Stripe-Signature": "Stripe's signature over the raw body, at most 300 seconds old." },
  otherBodies: {
    "application/json": z.looseObject({ id: z.string(), type: z.string() }).meta({
      description: "An event as Stripe sends it.",
      examples: [
        {
          id: "evt_1Qm2xKLkdIwHu7ix",
          object: "event",
          type: "checkout.session.completed",
          livemode: false,
          data: { object: { id: "cs_test_a1b2c3", object: "checkout.session" } },
        },
      ],
    }),
  },
  response: { 200: "text" },
  rateLimit: "none",
  refusals: [
    "invalid_signature",
    "not_found",
    "request_timeout",
    "body_too_large",
    "unsupported_media_type",
  ],
};

/** Takes a request that is meant for it and answers true, or leaves it alone. */
export type TakeRequest = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * `POST /stripe/webhooks/:projectId`, in front of Express, which would cost more than all the rest of a delivery:
 * the raw bytes are what is signed, and nothing else that routes need is needed here. 200 once the event is
 * committed; 400 for a signature that does not hold, and nothing is stored; 503 when the database does not answer,
 * so that Stripe repeats the delivery.
 */
export function takeStripeWebhooks(
  ctx: Pick<Context, "log"> & { readonly metrics: Metrics },
  receiver: Receiver,
): TakeRequest {
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    project: string,
  ): Promise<void> => {
    try {
      const outcome = await receive(receiver, request, project);
      ctx.metrics.add("stripe_webhooks_total", { outcome });
      response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": 2 });
      response.end("OK");
    } catch (error) {
      const refusal = refusalForStripe(error);
      const isOurs = refusals[refusal.code].status >= 500;
      ctx.metrics.add("stripe_webhooks_total", { outcome: isOurs ? "failed" : "refused" });
      if (isOurs) ctx.log.error({ error }, "a Stripe delivery could not be taken");
      sendRawRefusal(request, response, refusal);
    }
  };
  return (request, response) => {
    const project = webhookUrl.exec(request.url ?? "")?.groups?.["project"];
    if (project === undefined || request.method !== "POST") return false;
    void answer(request, response, project);
    return true;
  };
}

async function receive(
  receiver: Receiver,
  request: IncomingMessage,
  project: string,
): Promise<"recorded" | "duplicate"> {
  const projectId = parsePublicId("project", project);
  if (projectId === undefined)
    throw new Refusal("not_found", {
      detail: "No project takes Stripe events at this address.",
    });
  const body = await readBody(request, bodyBytesMax);
  const header = request.headers["stripe-signature"];
  const signature = typeof header === "string" ? header : undefined;
  return answeredInTime(receiver.receive({ projectId, body, signature }));
}

/** An inbox that is locked is no conflict that Stripe could solve: it is ours, logged, and delivered again. */
function refusalForStripe(error: unknown): Refusal {
  const refusal = refusalOf(error);
  return refusal.code === "wallet_busy" ? couldNotStore() : refusal;
}

function couldNotStore(): Refusal {
  return new Refusal("unavailable", {
    detail: "The event could not be stored in time. Deliver it again.",
    retryAfterSeconds: 5,
  });
}

/** Gives up waiting, not the work: what is committed after all is a duplicate when Stripe comes again. */
async function answeredInTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(couldNotStore()), answerWithinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
