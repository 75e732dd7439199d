import { randomUUID } from "node:crypto";
import {
  CaptureFailedError,
  CharglyError,
  HoldError,
  type HoldReceipt,
  type Run,
} from "@chargly/sdk";
import type {
  CallToolResult,
  ServerContext,
  StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { toolErrorOf } from "../tools/tool-error.js";
import type { PaidRun, PaidToolOptions, Units } from "./paid-price.js";
import { receiptOf, unpaid, withReceipt } from "./receipt.js";

type Options = PaidToolOptions<StandardSchemaWithJSON>;
type Work = (run: PaidRun) => Promise<CallToolResult>;

/** A handler that says itself that it failed: nothing is charged. */
class AnsweredError extends Error {
  constructor(readonly result: CallToolResult) {
    super("the tool answered an error");
  }
}

/** One call: hold, run, charge, receipt. Throws nothing: clients get results. */
export async function runPaid(
  options: Options,
  context: ServerContext,
  work: Work,
): Promise<CallToolResult> {
  const hasSchema = options.outputSchema !== undefined;
  const call = new PaidCall(options, context.mcpReq.signal);
  let hasBegun = false;
  try {
    const customerId =
      typeof options.customerId === "string"
        ? options.customerId
        : await options.customerId(context);
    const result = await options.chargly.withHold(customerId, call.hold(), async (run) => {
      hasBegun = true;
      return call.perform(run, work);
    });
    return withReceipt(result, call.receipt());
  } catch (error) {
    if (error instanceof AnsweredError) return withReceipt(error.result, call.receipt());
    if (error instanceof CaptureFailedError) {
      call.uncharged(error);
      return withReceipt(error.result as CallToolResult, call.receipt());
    }
    const refused = hasBegun ? undefined : toolErrorOf(error);
    if (refused !== undefined) return unpaid(refused, hasSchema);
    return withReceipt(thrown(error), call.receipt());
  }
}

/** As the server answers a handler that throws. */
function thrown(error: unknown): CallToolResult {
  const text = error instanceof Error ? error.message : String(error);
  return { isError: true, content: [{ type: "text", text }] };
}

/** What is known of a call while it runs. */
class PaidCall {
  private ended: HoldReceipt | undefined;
  private isSure = true;
  private told: Units | undefined;
  constructor(
    private readonly options: Options,
    private readonly signal: AbortSignal,
  ) {}

  hold() {
    const { name, credits, max, expiresInSeconds } = this.options;
    return {
      max: credits ?? max,
      description: name,
      signal: this.signal,
      expiresInSeconds,
      onEnd: (receipt: HoldReceipt): void => void (this.ended = receipt),
    };
  }

  receipt() {
    return this.ended && receiptOf(this.ended, this.isSure);
  }

  uncharged(error: CharglyError): void {
    this.isSure = false;
    // What it throws must not cost the client the result of work that is done.
    try {
      this.options.onUncharged?.(error);
    } catch (failure) {
      process.emitWarning(`onUncharged failed: ${String(failure)}`, "CharglyWarning");
    }
  }

  /** The work, and what it cost. */
  async perform(run: Run, work: Work): Promise<CallToolResult> {
    const { holdId, customerId } = run;
    const { credits, event } = this.options;
    const isByUse = credits === undefined && event === undefined;
    const use: PaidRun["use"] = (used) => {
      if (!isByUse) throw new TypeError("run.use is for tools that declare max alone.");
      run.use(used);
    };
    const units: PaidRun["units"] = (said) => {
      if (event === undefined) throw new TypeError("run.units is for tools that declare an event.");
      this.told = said;
    };
    const { signal } = this;
    try {
      const result = await work({ holdId, customerId, signal, use, units });
      if (result.isError === true) throw new AnsweredError(result);
      if (credits !== undefined) run.use(credits);
      else await this.meter(run, this.told ?? this.options.units ?? {});
      return result;
    } catch (error) {
      if (signal.aborted && this.told !== undefined) await this.meter(run, this.told);
      throw error;
    }
  }

  /** Charges the event. The work is done by then, so whatever keeps it from being charged is told, and not thrown. */
  private async meter(run: Run, units: Units): Promise<void> {
    const { event, max } = this.options;
    if (event === undefined) return;
    try {
      await run.meter({ id: `paid_${randomUUID()}`, event, ...units });
    } catch (error) {
      // It costs more than was set aside: that much was promised, and no more.
      if (error instanceof HoldError && error.code === "hold_exceeded") run.use(max);
      else if (error instanceof CharglyError) this.uncharged(error);
      else throw error;
    }
  }
}
