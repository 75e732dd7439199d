import { cp, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { QueueBackend } from "../support/queue-backends.js";
import { checkRun, type Checked } from "./checker/check.js";
import type { Market } from "./clients/client.js";
import { type Habits, startCrowd, usualHabits } from "./clients/run-clients.js";
import { dataFaults } from "./faults/data.js";
import type { Fault } from "./faults/fault.js";
import { processFaults } from "./faults/processes.js";
import { stripeFaults } from "./faults/stripe.js";
import { heal } from "./heal.js";
import { whenHealed } from "./outcomes.js";
import { pauseUntil, planFaults, unleash } from "./nemesis.js";
import { randomOf } from "./random.js";
import { type Comeback, measureRecovery, type Recovery } from "./recovery.js";
import { rateCard } from "./shop.js";
import { openStage, type Stage } from "./stage.js";
import { newTally, type Tally } from "./tally.js";
import { watchQueue } from "./watch-queue.js";

export interface StormSettings {
  readonly seed: string;
  readonly backend: QueueBackend;
  readonly lastsMs: number;
  readonly faultCount: number;
  /** The compiled product. */
  readonly build: string;
  readonly clients?: number;
  readonly webs?: number;
  readonly workers?: number;
  readonly schedulers?: number;
  readonly customers?: number;
  readonly pauseMaxMs?: number;
  readonly patienceMs?: number;
  readonly habits?: Habits;
  /** Those that may strike; all that there are unless told. */
  readonly faults?: readonly Fault[];
  /** Things that clients must have met; a run that never met one fails. */
  readonly outcomes?: readonly string[];
  readonly healWithinMs?: number;
  /** A folder for the journals, the logs and all that the checker looked at. */
  readonly keepIn?: string | undefined;
  readonly say?: (line: string) => void;
}

export interface StormResult extends Checked {
  readonly seed: string;
  readonly backend: QueueBackend;
  readonly tally: Tally;
  readonly faultsStruck: number;
  /** Faults and outcomes that were on the list and were never reached. */
  readonly unreached: readonly string[];
  /** What went wrong with the stage itself: processes that ended by themselves, queues that did not drain. */
  readonly troubles: readonly string[];
  readonly recoveries: readonly Recovery[];
  readonly seconds: Readonly<Record<"start" | "storm" | "heal" | "check", number>>;
}

/** Everything that can go wrong with this queue. */
export function allFaults(backend: QueueBackend): readonly Fault[] {
  return [...processFaults(backend), ...dataFaults(backend), ...stripeFaults];
}

/** On a machine that does much else faults take longer than planned; those that are late even then are left out. */
const overtimeMs = 180_000;
/** What chance has not let clients meet by the end of the faults they may meet after it. */
const latecomersMs = 60_000;

/** One run: a stage of its own, clients, faults; then peace, and the checker. Leaves nothing behind. */
export async function runStorm(settings: StormSettings): Promise<StormResult> {
  const { backend, build, webs = 2, workers = 2, schedulers = 2 } = settings;
  const startMs = performance.now();
  const stage = await openStage({ backend, build, webs, workers, schedulers });
  const calm = new AbortController();
  // The first signal ends the faults, and what there is gets checked; the second ends everything.
  const end = (what: string): void => {
    settings.say?.(`${backend}: ${what}, so no more faults`);
    if (calm.signal.aborted) void stage.stop().finally(() => process.exit(1));
    calm.abort();
  };
  process.on("SIGINT", end).on("SIGTERM", end);
  try {
    const lasts = AbortSignal.timeout(settings.lastsMs * 1.5 + overtimeMs);
    const signal = AbortSignal.any([calm.signal, lasts]);
    return await storm(settings, stage, { signal, startedMs: performance.now() - startMs });
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
    await stage.stop();
  }
}

async function storm(
  settings: StormSettings,
  stage: Stage,
  { signal, startedMs }: { readonly signal: AbortSignal; readonly startedMs: number },
): Promise<StormResult> {
  const { seed, backend, say = () => undefined } = settings;
  const random = randomOf(`${seed}/${backend}`);
  const tally = newTally();
  const faults = settings.faults ?? allFaults(backend);
  const journalFolder = join(stage.folder, "journals");
  await mkdir(journalFolder);
  await publishRateCard(stage);
  const market: Market = {
    customers: Array.from({ length: settings.customers ?? 10 }, (_each, n) => `user_${n + 1}`),
    control: stage.simulator.control,
    projectId: stage.projectId,
    payments: [],
    produced: [],
  };
  await stage.simulator.control.setDelivery({ seed: random.between(1, 1e9) });
  const watch = stopwatch();
  say(`${backend}: ${settings.clients ?? 8} clients, ${settings.faultCount} faults`);
  const crowd = startCrowd({
    stage,
    folder: journalFolder,
    clients: settings.clients ?? 8,
    market,
    habits: settings.habits ?? usualHabits,
    random: random.of("clients"),
    tally,
    pauseMaxMs: settings.pauseMaxMs ?? 150,
    patienceMs: settings.patienceMs ?? 40_000,
  });
  const plan = planFaults(faults, {
    count: settings.faultCount,
    lastsMs: settings.lastsMs,
    random: random.of("plan"),
  });
  const comebacks: Comeback[] = [];
  const onReady = (part: string): void => void comebacks.push({ part, readyMs: Date.now() });
  const emptied = watchQueue(journalFolder);
  const { emptying } = emptied;
  const beat = setInterval(() => {
    say(`${backend}: ${struckIn(faults, tally)} faults, ${stage.troubles.length} troubles`);
  }, 60_000);
  const [unmended] = await Promise.all([
    unleash(plan, { stage, random: random.of("nemesis"), tally, onReady, emptying }, signal),
    pauseUntil(performance.now() + settings.lastsMs, signal),
  ]);
  const { outcomes = [] } = settings;
  await untilReached(outcomes, tally, signal);
  clearInterval(beat);
  await crowd.stop();
  await emptied.close();
  const stormSeconds = watch();
  say(`${backend}: faults are over, waiting until all is done`);
  const undone = await heal(stage, {
    withinMs: settings.healWithinMs ?? 180_000,
    tally,
    produced: emptied.keptOf(market.produced),
    say: (line) => say(`${backend}: ${line}`),
  });
  const healSeconds = watch();
  const keepIn = settings.keepIn && join(settings.keepIn, `${seed}-${backend}`);
  if (keepIn !== undefined) await cp(stage.folder, keepIn, { recursive: true, filter: isOurs });
  const checked = await checkRun({
    journalFolder,
    databaseUrl: stage.postgres.url,
    stripeUrl: stage.simulator.url,
    stripeKey: stage.stripeKey,
    keepIn,
  });
  const wanted = [...faults.map(({ name }) => name), ...outcomes];
  return {
    ...checked,
    seed,
    backend,
    tally,
    faultsStruck: struckIn(faults, tally),
    unreached: [...new Set(wanted)].filter((name) => tally.of(name) === 0),
    troubles: [...unmended, ...stage.troubles, ...undone],
    recoveries: await measureRecovery(stage.postgres.url, comebacks),
    seconds: {
      start: startedMs / 1_000,
      storm: stormSeconds,
      heal: healSeconds,
      check: watch(),
    },
  };
}

async function untilReached(
  outcomes: readonly string[],
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const open = () => outcomes.some((name) => name !== whenHealed && tally.of(name) === 0);
  const endMs = performance.now() + latecomersMs;
  while (open() && !signal.aborted && performance.now() < endMs)
    await pauseUntil(performance.now() + 100, signal);
}

function struckIn(faults: readonly Fault[], tally: Tally): number {
  return faults.reduce((total, { name }) => total + tally.of(name), 0);
}

/** Not the files of the servers. */
function isOurs(path: string): boolean {
  return !/^(?:postgres|redis-.*)$/.test(basename(path));
}

/** Seconds since it was asked last. */
function stopwatch(): () => number {
  let lastMs = performance.now();
  return () => {
    const since = performance.now() - lastMs;
    lastMs += since;
    return since / 1_000;
  };
}

async function publishRateCard({ webUrls, apiKey }: Stage): Promise<void> {
  const response = await fetch(`${webUrls[0]}/v1/rate-card`, {
    method: "PUT",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(rateCard),
  });
  if (response.status !== 201) throw new Error(`no rate card: ${await response.text()}`);
}
