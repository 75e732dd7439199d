import { Refusal } from "../kernel/refusals.js";

/** Not opened by limits and freezes: a customer id that is mistyped must not seem frozen. */
export function noWallet(customerId: string): Refusal {
  return new Refusal("not_found", {
    detail: `The project has no wallet of "${customerId}". It opens with the customer's first credits or checkout.`,
  });
}
