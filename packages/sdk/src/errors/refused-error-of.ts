import {
  AgentBudgetError,
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  HoldError,
  InsufficientCreditsError,
  InvalidRequestError,
  NotFoundError,
  PricingError,
  type Problem,
  RefusedError,
  SpendLimitError,
  UnavailableError,
  WalletFrozenError,
} from "./errors.js";
import type { RefusalCode } from "./refusal-codes.js";

/** Codes whose class does not follow from their status. */
const byCode: { readonly [Code in RefusalCode]?: typeof RefusedError } = {
  insufficient_credits: InsufficientCreditsError,
  wallet_in_debt: InsufficientCreditsError,
  debt_limit: InsufficientCreditsError,
  wallet_frozen: WalletFrozenError,
  wallet_spend_limit: SpendLimitError,
  key_spend_limit: SpendLimitError,
  agent_budget: AgentBudgetError,
  unknown_event: PricingError,
  unpriceable_event: PricingError,
  hold_not_open: HoldError,
  hold_exceeded: HoldError,
  hold_limit: HoldError,
};

const byStatus: Readonly<Record<number, typeof RefusedError>> = {
  400: InvalidRequestError,
  401: AuthenticationError,
  403: ForbiddenError,
  404: NotFoundError,
  405: InvalidRequestError,
  408: UnavailableError,
  409: ConflictError,
  413: InvalidRequestError,
  415: InvalidRequestError,
  422: InvalidRequestError,
  429: UnavailableError,
  431: InvalidRequestError,
  500: UnavailableError,
  502: UnavailableError,
  503: UnavailableError,
};

/** The error of a refusal: by its code where that has a class of its own, else by its status. */
export function refusedErrorOf(
  problem: Problem,
  requestId?: string,
  retryAfterSeconds?: number,
): RefusedError {
  const known = Object.hasOwn(byCode, problem.code)
    ? byCode[problem.code as RefusalCode]
    : undefined;
  const Refused = known ?? byStatus[problem.status] ?? RefusedError;
  return new Refused(problem, requestId, retryAfterSeconds);
}
