import { setTimeout as pause } from "node:timers/promises";

/** Lets up to `maxMs` pass, so that what comes next happens at no particular moment. The moment is the test, not a wait. */
export async function aRandomMoment(maxMs: number): Promise<void> {
  await pause(Math.random() * maxMs);
}
