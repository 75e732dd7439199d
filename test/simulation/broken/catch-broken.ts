import { allFaults, runStorm, type StormResult } from "../storm.js";
import type { BrokenBuild } from "./broken-builds.js";
import { patchBuild } from "./patch-build.js";

export interface Caught {
  readonly broken: BrokenBuild;
  /** Whether the checker named what is wrong. */
  readonly isCaught: boolean;
  readonly result: StormResult;
}

const lastsMs = 10_000;
const faultCount = 6;

/** Runs a short storm over a product that is wrong on purpose. */
export async function catchBroken(build: string, broken: BrokenBuild): Promise<Caught> {
  const patched = await patchBuild(build, broken.patches);
  try {
    const result = await runStorm({
      seed: broken.name,
      backend: "postgres",
      lastsMs,
      faultCount: broken.faults.length === 0 ? 0 : faultCount,
      faults: allFaults("postgres").filter(({ name }) => broken.faults.includes(name)),
      build: patched.folder,
      habits: broken.habits,
      webs: 2,
      workers: 1,
      schedulers: 1,
      customers: 3,
      pauseMaxMs: 50,
      healWithinMs: 15_000,
    });
    const isCaught = result.violations.some(({ rule }) => rule === broken.rule);
    return { broken, isCaught, result };
  } finally {
    await patched.remove();
  }
}
