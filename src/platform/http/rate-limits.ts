import type { Request, Response } from "express";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { Refusal } from "../../kernel/refusals.js";
import { addressGroup } from "./auth-failure-limit.js";
import type { Principal } from "./principal.js";
import type { RouteRateLimit } from "./route.js";

/** Counts one request. Sets the RateLimit headers; throws `too_many_requests`. */
export type CountRequest = (
  request: Request,
  response: Response,
  principal: Principal | undefined,
) => Promise<void>;

/**
 * A limit in the memory of this process: for one key, or for one address where nobody is authenticated. Each web
 * process counts for itself, so the sum over all of them is what a caller gets at most.
 */
export function rateLimit({ perSecond }: RouteRateLimit, name: string): CountRequest {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: 1, keyPrefix: name });
  return async (request, response, principal) => {
    const caller = principal === undefined ? addressGroup(request.ip) : principal.keyId;
    const state = await consume(limiter, caller);
    const resetSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    response.set("RateLimit-Policy", `"${name}";q=${perSecond};w=1`);
    response.set(
      "RateLimit",
      `"${name}";r=${Math.max(0, state.remainingPoints)};t=${resetSeconds}`,
    );
    if (state.consumedPoints <= perSecond) return;
    throw new Refusal("too_many_requests", {
      detail: `At most ${perSecond} requests a second are taken here. Slow down, and put many events in one request.`,
      retryAfterSeconds: resetSeconds,
    });
  };
}

async function consume(limiter: RateLimiterMemory, caller: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(caller);
  } catch (over) {
    if (over instanceof RateLimiterRes) return over; // how rate-limiter-flexible says that the limit is reached
    throw over;
  }
}
