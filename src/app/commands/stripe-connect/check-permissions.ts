import Stripe from "stripe";
import { Refusal } from "../../../kernel/refusals.js";
import { askStripe, stripeErrorKind } from "../../../platform/stripe-client/stripe-error.js";

/** One thing that Chargly does at Stripe, and whether the key may do it. */
export interface Permission {
  /** As Stripe's dashboard names it. */
  readonly name: string;
  readonly access: "read" | "write";
  readonly granted: boolean;
  /** Stripe's own name of the missing right, `rak_…`, when it says it. */
  readonly missing: string | null;
}

interface Probe {
  readonly name: string;
  readonly access: "read" | "write";
  readonly ask: (clients: ProbedClients) => Promise<unknown>;
}

export interface ProbedClients {
  /** The account whose payments are taken. */
  readonly payments: Stripe;
  /** The account that the key belongs to; another one only with a connected account. */
  readonly platform: Stripe;
}

const one = { limit: 1 };

/**
 * Reads list one object at most. Writes name an object that does not exist: Stripe looks at the key's rights first, so
 * "no such object" means that the right is there, and nothing changes.
 */
const probes: readonly Probe[] = [
  { name: "Account", access: "read", ask: ({ payments }) => payments.accounts.retrieveCurrent() },
  {
    name: "Checkout Sessions",
    access: "read",
    ask: ({ payments }) => payments.checkout.sessions.list(one),
  },
  {
    name: "Checkout Sessions",
    access: "write",
    ask: ({ payments }) => payments.checkout.sessions.expire("cs_test_chargly_probe"),
  },
  { name: "Customers", access: "read", ask: ({ payments }) => payments.customers.list(one) },
  {
    name: "Customers",
    access: "write",
    ask: ({ payments }) => payments.customers.update("cus_charglyprobe", { description: "probe" }),
  },
  {
    name: "PaymentIntents",
    access: "read",
    ask: ({ payments }) => payments.paymentIntents.list(one),
  },
  { name: "Charges", access: "read", ask: ({ payments }) => payments.charges.list(one) },
  { name: "Refunds", access: "read", ask: ({ payments }) => payments.refunds.list(one) },
  { name: "Disputes", access: "read", ask: ({ payments }) => payments.disputes.list(one) },
  { name: "Events", access: "read", ask: ({ payments }) => payments.events.list(one) },
  {
    name: "Balance transactions",
    access: "read",
    ask: ({ payments }) => payments.balanceTransactions.list(one),
  },
];

const endpointProbes: readonly Probe[] = [
  {
    name: "Webhook Endpoints",
    access: "read",
    ask: ({ platform }) => platform.webhookEndpoints.list(one),
  },
  {
    name: "Webhook Endpoints",
    access: "write",
    ask: ({ platform }) => platform.webhookEndpoints.update("we_charglyprobe", { metadata: {} }),
  },
];

/**
 * Tries every right that Chargly needs, all at once.
 *
 * @throws Refusal `stripe_refused` for a key that Stripe does not know, `stripe_unavailable` when it cannot be reached
 */
export async function checkPermissions(
  clients: ProbedClients,
  { withEndpoint }: { readonly withEndpoint: boolean },
): Promise<readonly Permission[]> {
  const asked = withEndpoint ? [...probes, ...endpointProbes] : probes;
  return Promise.all(asked.map((probe) => check(probe, clients)));
}

async function check({ name, access, ask }: Probe, clients: ProbedClients): Promise<Permission> {
  try {
    await ask(clients);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeAuthenticationError)
      throw new Refusal("stripe_refused", {
        detail: `Stripe does not know this key: ${error.message}`,
      });
    if (error instanceof Stripe.errors.StripePermissionError)
      return { name, access, granted: false, missing: rightNamed(error.message) };
    const kind = stripeErrorKind(error);
    if (kind !== "missing" && kind !== "refused") await askStripe(() => Promise.reject(error));
  }
  return { name, access, granted: true, missing: null };
}

function rightNamed(message: string): string | null {
  return /\brak_[a-z_]+/.exec(message)?.[0] ?? null;
}
