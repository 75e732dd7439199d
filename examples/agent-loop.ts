import { type Chargly, InsufficientCreditsError } from "@chargly/sdk";

export interface Step {
  readonly name: string;
  readonly credits: number;
}

/**
 * An agent that pays for each step before it takes it. When its credits run out it offers a link, waits until somebody has
 * paid, and goes on where it stopped.
 */
export async function runAgent(
  chargly: Chargly,
  customerId: string,
  steps: readonly Step[],
  offer: (checkoutUrl: string) => void,
): Promise<readonly string[]> {
  const done: string[] = [];
  for (const { name, credits } of steps) {
    const event = { customerId, event: "agent.step", credits, metadata: { name } };
    try {
      await chargly.meterEvent(event);
    } catch (error) {
      if (!(error instanceof InsufficientCreditsError)) throw error;
      const order = { customerId, creditPackCode: "starter-500" };
      const { checkoutId, checkoutUrl } = await chargly.createCheckout(order);
      offer(checkoutUrl);
      const { status } = await chargly.checkouts.wait(checkoutId);
      if (status !== "paid") throw error;
      await chargly.meterEvent(event);
    }
    done.push(name);
  }
  return done;
}
