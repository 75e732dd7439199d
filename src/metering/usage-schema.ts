import { z } from "zod";
import { customerId, nonNegativeCredits, publicIdOf } from "../platform/http/schemas.js";
import { eventName, properties, quantity } from "../rating/units-schema.js";
import { eventsPerRequest } from "./rules.js";

/** 1,000 events of 2 kB. */
export const usageBodyBytesMax = 2 * 1024 * 1024;

/** Ids of events are the callers' own. */
export const usageIdPattern = /^[\x21-\x7e]{1,128}$/;
const metadataCharsMax = 4_096;
const aheadMaxMs = 24 * 3_600_000;

const metadata = z
  .record(z.string().max(64), z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]))
  .refine((value) => JSON.stringify(value).length <= metadataCharsMax, {
    error: `Metadata has at most ${metadataCharsMax} characters as JSON.`,
  })
  .meta({ description: "Kept with the event, for you.", examples: [{ conversation: "c_42" }] });

const at = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((time) => time.getTime() < Date.now() + aheadMaxMs, {
    error: "An event does not happen later than tomorrow.",
  })
  .refine((time) => time.getTime() >= 0, { error: "An event does not happen before 1970." })
  .meta({ description: "When it happened, by your clock. For reports only." });

/** One usage event, as requests and jobs carry it. */
export const usageEventIn = z
  .strictObject({
    id: z
      .string()
      .regex(usageIdPattern, { error: "An id has 1 to 128 visible ASCII characters." })
      .optional()
      .meta({
        description:
          "Your own id of the event. Sent again it is the same event and is charged once. Best a UUIDv7 or another id that begins with its time. Without it the Idempotency-Key of a request with one event is its id; without both a repeated request is charged twice. Of an agent it begins with `agent_`; leave such ids to agents.",
        examples: ["01930f5e-8c4b-7d2a-9f10-3b6a5c2d1e00"],
      }),
    customerId,
    event: eventName,
    credits: nonNegativeCredits.optional().meta({
      description: "Its cost, instead of the rate card's price. Needs the scope usage:price.",
    }),
    quantity: quantity.optional(),
    properties: properties.optional(),
    at: at.optional(),
    holdId: publicIdOf("hold").optional(),
    quoteId: publicIdOf("quote").optional(),
    metadata: metadata.optional(),
  })
  .refine(({ credits, quoteId }) => credits === undefined || quoteId === undefined, {
    path: ["credits"],
    error: "Send credits or a quoteId, not both: the quote has the price.",
  })
  .meta({ id: "UsageEventInput" });

export const usageEventsIn = z.array(usageEventIn).min(1).max(eventsPerRequest);

/** The contract of `usage.apply` jobs. A job may run more than once, so each of its events has an id. */
export const usageJobPayload = z.strictObject({
  projectId: publicIdOf("project"),
  events: z
    .array(
      usageEventIn.refine(({ id }) => id !== undefined, {
        path: ["id"],
        error: "An event of a job needs an id: without it a job that runs twice charges twice.",
      }),
    )
    .min(1)
    .max(eventsPerRequest),
});
