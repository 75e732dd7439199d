import { setTimeout as pause } from "node:timers/promises";
import type Stripe from "stripe";
import type { ProjectId } from "../../../kernel/ids.js";
import { askStripe } from "../../../platform/stripe-client/stripe-error.js";
import { type Arrival, findArrival } from "../../../stripe-events/read-arrivals.js";
import type { CommandContext } from "../command-context.js";

const pollEveryMs = 200;
const type = "checkout.session.expired";

/** Makes Stripe send an event that charges nobody: a checkout session is opened and expired at once. */
export async function provokeEvent(stripe: Stripe, publicUrl: string): Promise<string> {
  const session = await askStripe(() =>
    stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency: "usd",
            unit_amount: 1_000,
            product_data: { name: "Chargly connection check" },
          },
        },
      ],
      success_url: publicUrl,
      metadata: { chargly_check: "chargly stripe connect" },
    }),
  );
  await askStripe(() => stripe.checkout.sessions.expire(session.id));
  return session.id;
}

/** Waits until the event about the session fits, or until the time is over; answers it as it is then. */
export async function awaitArrival(
  ctx: Pick<CommandContext, "db">,
  projectId: ProjectId,
  sessionId: string,
  { fits, timeoutMs }: { readonly fits: (arrival: Arrival) => boolean; readonly timeoutMs: number },
): Promise<Arrival | undefined> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const arrival = await findArrival(ctx, projectId, { type, objectId: sessionId });
    if (arrival !== undefined && fits(arrival)) return arrival;
    if (performance.now() >= endMs) return arrival;
    await pause(pollEveryMs);
  }
}
