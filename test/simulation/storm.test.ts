import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Build, buildProduct } from "../support/build.js";
import { queueBackends } from "../support/queue-backends.js";
import { isClean, reportOf } from "./report.js";
import { runStorm } from "./storm.js";

const lastsMs = 25_000;
const faultCount = 14;
/** The storm itself is short; the rest is for machines that do much else at the same time. */
const timeoutMs = 300_000;

let build: Build;
beforeAll(async () => {
  build = await buildProduct();
}, timeoutMs);
afterAll(() => build.remove());

describe.concurrent.each(queueBackends)("a short storm, queue on %s", (backend) => {
  it(
    "loses nothing that was acknowledged, does nothing twice, and leaves every wallet right",
    async () => {
      const result = await runStorm({
        seed: "ci",
        backend,
        lastsMs,
        faultCount,
        build: build.folder,
        schedulers: 1,
      });
      expect(isClean({ ...result, unreached: [] }), reportOf(result)).toBe(true);
      expect(result.faultsStruck, reportOf(result)).toBeGreaterThanOrEqual(faultCount / 2);
      for (const what of ["acts", "usage events", "holds", "payments"])
        expect(result.counts[what], what).toBeGreaterThan(0);
    },
    timeoutMs,
  );
});
