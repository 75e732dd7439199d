import type { HoldReceipt } from "@chargly/sdk";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { type ToolError } from "../tools/tool-error.js";
import { failed } from "../tools/define-tool.js";

/** Where the receipt is in `_meta` of a result. */
export const receiptKey = "chargly/receipt";
/** Where the error is in `_meta`, as data, when a call could not be paid. */
export const errorKey = "chargly/error";

/** What a call of a paid tool cost. */
export interface Receipt {
  readonly holdId: string;
  readonly customerId: string;
  /** `unknown`: nobody answered when it was to be charged; what was not goes back when the hold expires. */
  readonly outcome: "charged" | "free" | "unknown";
  readonly credits: number;
  /** Credits that can still be spent; null when it is not known. */
  readonly available: number | null;
}

export function receiptOf(
  { holdId, customerId, outcome, credits, balance }: HoldReceipt,
  isSure: boolean,
): Receipt {
  const available = balance?.available ?? null;
  const known = credits > 0 ? "charged" : outcome === "unknown" ? "unknown" : "free";
  return { holdId, customerId, outcome: isSure ? known : "unknown", credits, available };
}

/** A result with its receipt beside whatever else is in `_meta`. */
export function withReceipt(result: CallToolResult, receipt: Receipt | undefined): CallToolResult {
  return receipt === undefined
    ? result
    : { ...result, _meta: { ...result._meta, [receiptKey]: receipt } };
}

/** The result of a call that was not paid, and so not done. As structured content only where the tool has no schema of its own. */
export function unpaid(error: ToolError, hasOutputSchema: boolean): CallToolResult {
  const { structuredContent, ...result } = failed(error);
  const _meta = { [errorKey]: error };
  return hasOutputSchema ? { ...result, _meta } : { ...result, structuredContent, _meta };
}
