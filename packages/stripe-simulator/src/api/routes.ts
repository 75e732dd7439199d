import type { Route } from "../http/route.js";
import { accountRoutes } from "./accounts.js";
import { catalogueRoutes } from "./catalogue.js";
import { chargeRoutes } from "./charges.js";
import { checkoutSessionRoutes } from "./checkout-sessions.js";
import { customerRoutes } from "./customers.js";
import { disputeRoutes } from "./disputes.js";
import { eventRoutes } from "./events.js";
import { paymentIntentRoutes } from "./payment-intents.js";
import { paymentMethodRoutes } from "./payment-methods.js";
import { refundRoutes } from "./refunds.js";
import { reportRoutes } from "./reports.js";
import { webhookEndpointRoutes } from "./webhook-endpoints.js";

/** Every request that the API answers. */
export const apiRoutes: readonly Route[] = [
  ...checkoutSessionRoutes,
  ...paymentIntentRoutes,
  ...chargeRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...reportRoutes,
  ...paymentMethodRoutes,
  ...webhookEndpointRoutes,
  ...catalogueRoutes,
  ...accountRoutes,
];
