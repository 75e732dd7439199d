import type { CharglyError } from "@chargly/sdk";
import type { Shop } from "./shop.js";

let customers = 0;

/** A new customer with so many credits. */
export async function customerOf({ chargly }: Shop, credits = 0): Promise<string> {
  const customerId = `user_${++customers}`;
  if (credits > 0) await chargly.wallets.grant(customerId, { credits, reason: "welcome" });
  return customerId;
}

/** The error of a call that must not succeed. */
export async function refusedBy<E extends CharglyError>(
  Refused: new (...args: never[]) => E,
  call: Promise<unknown>,
): Promise<E> {
  const error: unknown = await call.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  if (error instanceof Refused) return error;
  throw new Error(`expected ${Refused.name}`, { cause: error });
}

/** A wallet's balances. */
export const balance = (available: number, held = 0, debt = 0) => ({
  available,
  held,
  debt,
  total: available + held - debt,
});
