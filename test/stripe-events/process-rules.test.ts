import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptsMax, retrySeconds, subscribedTypes } from "../../src/stripe-events/rules.js";
import { stripeHandlers } from "../../src/app/stripe-handlers.js";

describe("trying a Stripe event again", () => {
  it("starts after two seconds, doubles, and never waits more than an hour", () => {
    expect([1, 2, 3, 11].map(retrySeconds)).toEqual([2, 4, 8, 2_048]);
    fc.assert(
      fc.property(fc.nat(), (attempts) => {
        expect(retrySeconds(attempts)).toBeLessThanOrEqual(retrySeconds(attempts + 1));
        expect(retrySeconds(attempts)).toBeLessThanOrEqual(3_600);
      }),
    );
  });

  it("goes on for longer than the three days in which Stripe repeats a delivery, and ends", () => {
    let seconds = 0;
    for (let attempts = 1; attempts < attemptsMax; attempts++) seconds += retrySeconds(attempts);
    expect(seconds).toBeGreaterThan(3 * 86_400);
    expect(seconds).toBeLessThan(7 * 86_400);
  });
});

describe("the types of events", () => {
  it("that have a handler are all asked for at Stripe", () => {
    const asked = new Set<string>(subscribedTypes);
    expect(Object.keys(stripeHandlers).filter((type) => !asked.has(type))).toEqual([]);
  });
});
