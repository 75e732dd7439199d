import { setTimeout as pause } from "node:timers/promises";
import { freeze, type Part } from "../parts/part.js";
import type { Stage } from "../stage.js";
import type { Fault, Scene } from "./fault.js";

type Crowded = "webs" | "workers" | "schedulers";

const roles = [
  ["web", "webs"],
  ["worker", "workers"],
  ["scheduler", "schedulers"],
] as const satisfies readonly (readonly [string, Crowded])[];

const downMaxMs = 1_500;
const frozenMs = [300, 4_000] as const;

/** Ends a part in the middle of what it does, and starts it again a moment later. */
async function killPart(
  part: Part,
  { random, onReady }: Scene,
  env?: Readonly<Record<string, string>>,
): Promise<boolean> {
  const wasUp = (await part.pids()).length > 0;
  await part.kill();
  await pause(random.next() * downMaxMs);
  await part.start(env);
  onReady(part.name.replace(/\.\d+$/, ""));
  return wasUp;
}

async function freezePart(part: Part, { random }: Scene): Promise<boolean> {
  const pids = await part.pids();
  const thaw = freeze(pids);
  try {
    await pause(random.between(...frozenMs));
  } finally {
    thaw();
  }
  return pids.length > 0;
}

const one = (stage: Stage, of: Crowded, scene: Scene): Part => scene.random.pick(stage[of]);

const roleFaults = roles.flatMap(([role, of]): Fault[] => [
  {
    name: `kill ${role}`,
    target: role,
    strike: (scene) => killPart(one(scene.stage, of, scene), scene),
  },
  {
    name: `freeze ${role}`,
    target: role,
    strike: (scene) => freezePart(one(scene.stage, of, scene), scene),
  },
]);

/** A worker whose clock is wrong by up to a few minutes, ahead or behind, until it is killed again. */
const skewWorker: Fault = {
  name: "skew worker's clock",
  target: "worker",
  strike: async (scene) => {
    const seconds = scene.random.between(30, 200) * (scene.random.chance(0.5) ? 1 : -1);
    const skewed = { NODE_OPTIONS: `--import=${clockSkewedBy(seconds)}` };
    return killPart(one(scene.stage, "workers", scene), scene, skewed);
  },
};

/** A module that moves the clock of the process that loads it. Durations stay what they are. */
function clockSkewedBy(seconds: number): string {
  const text = `const Real = Date, off = ${seconds * 1_000};
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + off); else super(...given); }
  static now() { return Real.now() + off; }
};`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

const serverFaults: readonly Fault[] = [
  {
    name: "kill postgres",
    target: "postgres",
    strike: (scene) => killPart(scene.stage.postgres, scene),
  },
  {
    name: "freeze postgres",
    target: "postgres",
    strike: (scene) => freezePart(scene.stage.postgres, scene),
  },
];

const redisFaults: readonly Fault[] = (["kill", "freeze"] as const).map((how) => ({
  name: `${how} redis`,
  target: "redis",
  strike: async (scene: Scene) => {
    const { redis } = scene.stage;
    if (redis === undefined) return false;
    // It keeps nothing on disk.
    return how === "kill" ? scene.emptying(() => killPart(redis, scene)) : freezePart(redis, scene);
  },
}));

/** What can befall the processes of a stage with this queue. */
export function processFaults(backend: Stage["backend"]): readonly Fault[] {
  const always = [...roleFaults, skewWorker, ...serverFaults];
  return backend === "redis" ? [...always, ...redisFaults] : always;
}
