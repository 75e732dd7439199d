import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiRoutes } from "../../../src/app/api-routes.js";
import { refusalDocs } from "../../../src/contract/refusals/refusal-docs.js";
import { present } from "../../../src/kernel/assert.js";
import { type RefusalCode, refusals } from "../../../src/kernel/refusals.js";
import { refusalsOf } from "../../../src/platform/http/route-refusals.js";
import { refusedBy } from "../customers.js";
import { type ProductShop, rates } from "../shop.js";
import { ofCredits } from "./of-credits.js";
import { ofPayments } from "./of-payments.js";
import { ofRequests } from "./of-requests.js";
import { openScene, type Provocation, type Scene } from "./scene.js";

const provocations: Readonly<Record<string, Provocation>> = {
  ...ofRequests,
  ...ofCredits,
  ...ofPayments,
};

/** Codes that no request is answered with, and why. */
const neverAnswered: Readonly<Record<string, string>> = {
  invalid_configuration:
    "A process that is configured wrongly does not start, and commands say it.",
};

/** Refusals that pass, and nobody knows when. */
const untimed: ReadonlySet<RefusalCode> = new Set(["hold_limit", "request_timeout"]);

/** What a code always comes with, as the reference shows it. */
const promisedBy = (code: RefusalCode) => Object.keys(refusalDocs(code).problem);

/** Every refusal of the product, provoked once by what really leads to it, and met through the SDK. */
export function refusesAsDocumented(shopOf: () => ProductShop): void {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(shopOf());
  });
  afterAll(() => scene.stop());

  describe("a refusal arrives as its class, with all that is promised:", () => {
    beforeAll(async () => {
      await scene.chargly.rateCards.publish(rates);
    });

    const codes = Object.keys(refusals) as RefusalCode[];
    it.each(codes.filter((code) => code in provocations))("%s", async (code) => {
      const { as: Refused, has = {}, by } = present(provocations[code], "it is filtered");
      const error = await refusedBy(Refused, by(scene));
      const { status, retry } = refusals[code];
      expect(error).toMatchObject({ name: Refused.name, code, status, ...has });
      expect(error.detail).toBe(error.problem.detail);
      expect(error.requestId).toMatch(/^[\w.-]{20,}$/);
      expect(error.message).toBe(`${code}: ${error.detail} (request ${error.requestId})`);
      expect(Object.keys(error.problem)).toEqual(expect.arrayContaining(promisedBy(code)));
      const isTimed = retry === "later" && !untimed.has(code);
      if (isTimed) expect(error.retryAfterSeconds).toBeGreaterThan(0);
    });

    it("and no code is left out", () => {
      const known = [...Object.keys(provocations), ...Object.keys(neverAnswered)];
      expect(known.toSorted()).toEqual(codes.toSorted());
      const answered = new Set(apiRoutes.flatMap((route) => refusalsOf(route)));
      expect(Object.keys(neverAnswered).filter((code) => answered.has(code as never))).toEqual([]);
    });
  });
}
