import type {
  Adjustment,
  AgentToken,
  Bearer,
  Capture,
  Checkout,
  CreditPack,
  Discrepancy,
  Explanation,
  FailedJob,
  GrantPreview,
  Hold,
  HoldWithBalance,
  NewAgentToken,
  Purchase,
  PurchaseWithReturns,
  RateCard,
  RateCardSummary,
  ReconciliationRun,
  Refund,
  SpendLimits,
  Statement,
  Transaction,
  UsageAnswers,
  UsageRecord,
  UsageSummary,
  Wallet,
} from "@chargly/sdk";
import { expectTypeOf } from "vitest";
import type { z } from "zod";
import type { agentTokenJson, bearerJson, newAgentTokenJson } from "../../src/agents/render.js";
import type { packJson } from "../../src/catalogue/routes.js";
import type {
  purchaseJson,
  purchaseStoryJson,
} from "../../src/checkout/purchases/render-purchase.js";
import type { checkoutJson } from "../../src/checkout/routes.js";
import type { failedJobJson } from "../../src/failed-jobs/render.js";
import type { captureJson, holdJson, holdWithBalanceJson } from "../../src/holds/render.js";
import type { walletLimitsJson } from "../../src/limits/render.js";
import type { usageAnswersJson } from "../../src/metering/render-answers.js";
import type { explanationJson } from "../../src/metering/render-explanation.js";
import type { summaryJson } from "../../src/metering/render-summary.js";
import type { usageJson } from "../../src/metering/render-usage.js";
import type { rateCardJson, rateCardSummaryJson } from "../../src/rating/routes.js";
import type { discrepancyJson, runJson } from "../../src/reconciliation/render-operations.js";
import type { refundJson } from "../../src/reversals/render-refund.js";
import type { grantPreviewJson } from "../../src/wallets/grant-previews/render.js";
import type { adjustmentJson, transactionJson, walletJson } from "../../src/wallets/render.js";
import type { statementJson } from "../../src/wallets/render-export.js";

/** What the product answers is what the SDK says of it. The compiler decides it, for every field. */
export function answersFit(): void {
  expectTypeOf<z.output<typeof walletJson>>().toExtend<Wallet>();
  expectTypeOf<z.output<typeof transactionJson>>().toExtend<Transaction>();
  expectTypeOf<z.output<typeof adjustmentJson>>().toExtend<Adjustment>();
  expectTypeOf<z.output<typeof grantPreviewJson>>().toExtend<GrantPreview>();
  expectTypeOf<z.output<typeof runJson>>().toExtend<ReconciliationRun>();
  expectTypeOf<z.output<typeof discrepancyJson>>().toExtend<Discrepancy>();
  expectTypeOf<z.output<typeof failedJobJson>>().toExtend<FailedJob>();
  expectTypeOf<z.output<typeof statementJson>>().toExtend<Statement>();
  expectTypeOf<z.output<typeof walletLimitsJson>>().toExtend<SpendLimits>();
  expectTypeOf<z.output<typeof packJson>>().toExtend<CreditPack>();
  expectTypeOf<z.output<typeof checkoutJson>>().toExtend<Checkout>();
  expectTypeOf<z.output<typeof purchaseJson>>().toExtend<Purchase>();
  expectTypeOf<z.output<typeof purchaseStoryJson>>().toExtend<PurchaseWithReturns>();
  expectTypeOf<z.output<typeof refundJson>>().toExtend<Refund>();
  expectTypeOf<z.output<typeof holdJson>>().toExtend<Hold>();
  expectTypeOf<z.output<typeof holdWithBalanceJson>>().toExtend<HoldWithBalance>();
  expectTypeOf<z.output<typeof captureJson>>().toExtend<Capture>();
  expectTypeOf<z.output<typeof usageJson>>().toExtend<UsageRecord>();
  expectTypeOf<z.output<typeof usageAnswersJson>>().toExtend<UsageAnswers>();
  expectTypeOf<z.output<typeof summaryJson>>().toExtend<UsageSummary>();
  expectTypeOf<z.output<typeof rateCardJson>>().toExtend<RateCard>();
  expectTypeOf<z.output<typeof rateCardSummaryJson>>().toExtend<RateCardSummary>();
  expectTypeOf<z.output<typeof explanationJson>>().toExtend<Explanation>();
  expectTypeOf<z.output<typeof agentTokenJson>>().toExtend<AgentToken>();
  expectTypeOf<z.output<typeof newAgentTokenJson>>().toExtend<NewAgentToken>();
  expectTypeOf<z.output<typeof bearerJson>>().toExtend<Bearer>();
}
