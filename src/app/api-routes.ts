import { agentRoutes } from "../agents/routes.js";
import { catalogueRoutes } from "../catalogue/routes.js";
import { purchaseRoutes } from "../checkout/purchases/routes.js";
import { checkoutRoutes } from "../checkout/routes.js";
import { failedJobRoutes } from "../failed-jobs/routes.js";
import { holdRoutes } from "../holds/routes.js";
import { limitRoutes } from "../limits/routes.js";
import { meteringRoutes } from "../metering/routes.js";
import { ratingRoutes } from "../rating/routes.js";
import { reconciliationRoutes } from "../reconciliation/routes.js";
import { reportRoutes } from "../reports/routes.js";
import { reversalRoutes } from "../reversals/routes.js";
import { grantPreviewRoutes } from "../wallets/grant-previews/routes.js";
import { walletRoutes } from "../wallets/routes.js";
import type { Route } from "../platform/http/route.js";
import type { AppContext } from "./context.js";

/** What applications call with an API key. */
export const apiRoutes: readonly Route<AppContext>[] = [
  ...catalogueRoutes,
  ...walletRoutes,
  ...grantPreviewRoutes,
  ...limitRoutes,
  ...ratingRoutes,
  ...holdRoutes,
  ...meteringRoutes,
  ...checkoutRoutes,
  ...purchaseRoutes,
  ...reportRoutes,
  ...reversalRoutes,
  ...agentRoutes,
  ...reconciliationRoutes,
  ...failedJobRoutes,
];
