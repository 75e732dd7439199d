import { describe, expect, it } from "vitest";
import { assert, AssertionFailed, present, unreachable } from "../../src/kernel/assert.js";
import { Refusal, refusals } from "../../src/kernel/refusals.js";
import { approve, approvedOrThrow, refuse } from "../../src/kernel/verdict.js";

describe("a verdict", () => {
  it("hands out what was approved, also when that is nothing", () => {
    expect(approvedOrThrow(approve(5n))).toBe(5n);
    expect(approvedOrThrow(approve(undefined))).toBeUndefined();
  });

  it("throws its refusal as it was given, so that a transaction around it rolls back", () => {
    const details = { detail: "Buy more.", param: "credits", extra: { shortBy: 1 } };
    const verdict = refuse("insufficient_credits", details);
    expect(verdict.approved).toBe(false);
    expect(() => approvedOrThrow(verdict)).toThrow(Refusal);
    expect(() => approvedOrThrow(verdict)).toThrow(
      expect.objectContaining({ code: "insufficient_credits", details }),
    );
  });
});

describe("the table of refusals", () => {
  it.each(Object.entries(refusals))("renders %s as an error with a sentence", (code, rendering) => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
    expect(rendering.status).toBeGreaterThanOrEqual(400);
    expect(rendering.title).toMatch(/^[A-Z].*\.$/);
  });

  it("asks nobody to retry as it is what only a change can cure, and says later to overload", () => {
    expect(refusals.too_many_requests.retry).toBe("later");
    expect(refusals.unavailable.retry).toBe("later");
    expect(refusals.insufficient_credits.retry).toBe("after_change");
    expect(refusals.invalid_signature.retry).toBe("never");
  });
});

describe("an assertion", () => {
  it("names the rule that should hold", () => {
    expect(() => assert(false, "credits are whole")).toThrow(AssertionFailed);
    expect(() => assert(0, "credits are whole")).toThrow("credits are whole");
    expect(() => assert(true, "credits are whole")).not.toThrow();
  });

  it("takes away null and undefined, and nothing else that is empty", () => {
    expect(present(0, "there is a count")).toBe(0);
    expect(present("", "there is a text")).toBe("");
    expect(present(false, "there is an answer")).toBe(false);
    expect(() => present(null, "there is a row")).toThrow("there is a row");
    expect(() => present(undefined, "there is a row")).toThrow("there is a row");
  });

  it("ends what the types say cannot be reached", () => {
    expect(() => unreachable("surprise" as never)).toThrow("surprise");
  });
});
