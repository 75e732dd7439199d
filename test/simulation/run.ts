/**
 * `npm run simulation -- --seed N --minutes M [--backend postgres|redis] [--faults N] [--only "kill web,freeze web"]
 * [--keep FOLDER]`:
 * a storm, and what it found.
 */
import { parseArgs } from "node:util";
import { buildProduct } from "../support/build.js";
import { type QueueBackend, queueBackends } from "../support/queue-backends.js";
import { outcomes } from "./outcomes.js";
import { isClean, reportOf, rowOf } from "./report.js";
import { allFaults, runStorm, type StormResult } from "./storm.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 100_000) },
    minutes: { type: "string", default: "1" },
    backend: { type: "string" },
    faults: { type: "string" },
    only: { type: "string" },
    keep: { type: "string" },
  },
});

const minutesMax = 240;
const faultsPerMinute = 35;
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= minutesMax)) fail(`--minutes is from 0 to ${minutesMax}.`);
const faultCount = Math.round(Number(values.faults ?? minutes * faultsPerMinute));
if (!(faultCount >= 1)) fail("--faults is a whole number from 1 on.");
const backends = queueBackends.filter((each) => (values.backend ?? each) === each);
if (backends.length === 0) fail(`--backend is one of ${queueBackends.join(", ")} here.`);

const results: StormResult[] = [];
const build = await buildProduct();
try {
  for (const backend of backends) results.push(await runOne(backend));
} finally {
  await build.remove();
}
console.log(`\n${results.map(rowOf).join("\n")}`);
process.exit(results.every(isClean) ? 0 : 1);

async function runOne(backend: QueueBackend): Promise<StormResult> {
  const { seed, only } = values;
  const faults = allFaults(backend).filter(({ name }) => only?.split(",").includes(name) ?? true);
  if (faults.length === 0) fail(`--only names some of: ${namesOf(backend).join(", ")}.`);
  const result = await runStorm({
    seed,
    backend,
    lastsMs: minutes * 60_000,
    faultCount,
    faults,
    build: build.folder,
    // With a choice of faults a client need not meet everything.
    outcomes: only === undefined ? outcomes : [],
    keepIn: values.keep,
    say: (line) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`),
  });
  console.log(`\n${reportOf(result)}`);
  return result;
}

function namesOf(backend: QueueBackend): readonly string[] {
  return allFaults(backend).map(({ name }) => name);
}

function fail(what: string): never {
  console.error(what);
  process.exit(2);
}
