import { CaptureFailedError } from "../errors/capture-failed-error.js";
import { type HoldOptions, type PlaceHold, type Run } from "./place-hold.js";

/** Sets credits aside, does the work, and charges what it cost. */
export type WithHold = <T>(
  customerId: string,
  options: HoldOptions,
  work: (run: Run) => T | Promise<T>,
) => Promise<T>;

export function createWithHold(placeHold: PlaceHold): WithHold {
  return async (customerId, options, work) => {
    const held = await placeHold(customerId, options);
    try {
      const result = await work(held.run);
      await held.capture(result);
      return result;
    } catch (error) {
      if (!(error instanceof CaptureFailedError)) await held.leave(error);
      throw error;
    }
  };
}
