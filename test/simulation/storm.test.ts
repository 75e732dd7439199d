import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Build, buildProduct } from "../support/build.js";
import { queueBackends } from "../support/queue-backends.js";
import { brokenBuilds } from "./broken/broken-builds.js";
import { patchBuild } from "./broken/patch-build.js";
import { isClean, reportOf } from "./report.js";
import { allFaults, runStorm } from "./storm.js";

const lastsMs = 12_000;
/** The storm itself is short; the rest is for machines that do much else at the same time. */
const timeoutMs = 420_000;

/** Of everything that `npm run simulation` does, what finds most in the least time. */
const faultNames: ReadonlySet<string> = new Set([
  "kill web",
  "kill worker",
  "kill scheduler",
  "kill postgres",
  "kill redis",
  "freeze worker",
  "freeze redis",
  "skew worker's clock",
  "terminate connections",
  "empty the queue",
  "stripe answers 429",
  "stripe loses answers",
  "duplicate webhooks",
  "reorder webhooks",
  "drop webhooks",
  "suppress events",
]);
const outcomes = [
  "credits given",
  "payment paid",
  "usage accepted",
  "usage sent twice",
  "waited usage applied",
  "hold placed",
  "hold captured",
  "hold left to expire",
  "usage produced",
  "try without an answer",
  "answered after a lost try",
];

let build: Build;
beforeAll(async () => {
  build = await buildProduct();
}, timeoutMs);
afterAll(() => build.remove());

describe.concurrent.each(queueBackends)("a short storm, queue on %s", (backend) => {
  it(
    "loses nothing that was acknowledged, does nothing twice, and leaves every wallet right",
    async () => {
      const faults = allFaults(backend).filter(({ name }) => faultNames.has(name));
      const result = await runStorm({
        seed: "ci",
        backend,
        lastsMs,
        faultCount: faults.length,
        faults,
        outcomes,
        build: build.folder,
        clients: 5,
        pauseMaxMs: 250,
        schedulers: 1,
        patienceMs: 20_000,
      });
      expect(isClean(result), reportOf(result)).toBe(true);
      for (const what of ["acts", "usage events", "holds", "payments"])
        expect(result.counts[what], what).toBeGreaterThan(0);
    },
    timeoutMs,
  );
});

/** Running them takes minutes: `npm run simulation:broken`. That they still break what they are to break is seen here. */
describe("products that are wrong on purpose", () => {
  it.each(brokenBuilds)("can still be made: one that $name", async ({ patches }) => {
    const patched = await patchBuild(build.folder, patches);
    await patched.remove();
  });

  it("are not made of a text that the product does not have, or has twice", async () => {
    const file = "src/metering/admit-usage.js";
    const patch = (from: string) => patchBuild(build.folder, [{ file, from, to: "" }]);
    await expect(patch("nothing of this kind")).rejects.toThrow(/0 times, not once/);
    await expect(patch("const ")).rejects.toThrow(/times, not once/);
  });
});
