import { CharglyError } from "./errors.js";

/**
 * The work under a hold is done and could not be charged: nobody answered, or the hold had ended. `result` is what the work
 * answered. Unless `cause` says that the hold has ended, `holds.capture(holdId, { credits, close: true },
 * { idempotencyKey })` charges it, once, whether or not the first try had come through.
 */
export class CaptureFailedError extends CharglyError {
  override readonly name = "CaptureFailedError";
  constructor(
    cause: CharglyError,
    readonly holdId: string,
    /** By their digits. */
    readonly credits: string,
    readonly idempotencyKey: string,
    readonly result: unknown,
  ) {
    super(
      `The work under ${holdId} is done, but its ${credits} credits were not captured. ${cause.message}`,
      cause.requestId,
      cause,
    );
  }
}
