import { setTimeout as pause } from "node:timers/promises";
import type { Fault, Scene } from "./faults/fault.js";
import type { Random } from "./random.js";

/** A fault and when it strikes. */
export interface Planned {
  readonly atMs: number;
  readonly fault: Fault;
}

/** A schedule that only the seed decides: every fault once at first, in some order, then any of them. */
export function planFaults(
  faults: readonly Fault[],
  {
    count,
    lastsMs,
    random,
  }: { readonly count: number; readonly lastsMs: number; readonly random: Random },
): readonly Planned[] {
  const each = random.shuffled(faults);
  const startMs = Math.min(2_000, lastsMs / 10);
  const stepMs = (lastsMs - startMs) / count;
  return Array.from({ length: count }, (_each, n) => ({
    atMs: startMs + (n + random.next()) * stepMs,
    fault: each[n] ?? random.pick(faults),
  }));
}

/**
 * Lets each fault strike at its time, or as soon as its target is well again, until there is none left or the signal
 * ends it. Answers what could not be mended.
 */
export async function unleash(
  plan: readonly Planned[],
  scene: Scene,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const busy = new Map<string, Promise<void>>();
  const startMs = performance.now();
  for (const [n, { atMs, fault }] of plan.entries()) {
    await pauseUntil(startMs + atMs, signal);
    const own = { ...scene, random: scene.random.of(`fault ${n}`) };
    const before = busy.get(fault.target) ?? Promise.resolve();
    const struck = before.then(async () => {
      if (!signal.aborted) problems.push(...(await strike(fault, own)));
    });
    busy.set(
      fault.target,
      struck.then(() => undefined),
    );
  }
  await Promise.all(busy.values());
  return problems;
}

/** Until then, or until the signal. */
export async function pauseUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = Math.max(0, atMs - performance.now());
  await pause(leftMs, undefined, { signal }).catch(() => undefined);
}

const triesMax = 6;

/** A fault that met nothing, such as a dead server that was asked for something, is tried again. */
async function strike(fault: Fault, scene: Scene): Promise<readonly string[]> {
  for (let tries = 1; tries <= triesMax; tries++) {
    try {
      if (await fault.strike(scene)) {
        scene.tally.add(fault.name);
        return [];
      }
    } catch (error) {
      // A part that stays down would spoil all that follows.
      if (/^(?:kill|skew)/.test(fault.name)) return [`${fault.name}: ${String(error)}`];
    }
    await pause(500);
  }
  scene.tally.add(`${fault.name} (missed)`);
  return [];
}
