/** `npm run bench [-- NAME …]`: measures, prints a table, writes `bench-results.json`. */
import { writeFile } from "node:fs/promises";
import { type Benchmark, type Figure, tableOf } from "./figures.js";
import { applyGrown } from "./apply-grown.js";
import { applyHot } from "./apply-hot.js";
import { applyInsert } from "./apply-insert.js";
import { applyUniform } from "./apply-uniform.js";
import { demo } from "./demo.js";
import { httpBatch } from "./http-batch.js";
import { httpSingle } from "./http-single.js";
import { httpSync } from "./http-sync.js";
import { invariants } from "./invariants.js";
import { mcp } from "./mcp.js";
import { reconcile } from "./reconcile.js";
import { stopRigs } from "./rig.js";
import { sdk } from "./sdk.js";
import { webhooksAck } from "./webhooks-ack.js";
import { webhooksCredit } from "./webhooks-credit.js";

const benchmarks: readonly Benchmark[] = [
  webhooksAck,
  webhooksCredit,
  demo,
  applyUniform,
  applyHot,
  applyInsert,
  applyGrown,
  invariants,
  httpSingle,
  httpBatch,
  httpSync,
  reconcile,
  sdk,
  mcp,
];
const resultsFile = "bench-results.json";

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  const known = benchmarks.map(({ name, about }) => `  ${name.padEnd(16)} ${about}`);
  console.error(`There is no benchmark ${unknown.join(", ")}. There are:\n${known.join("\n")}`);
  process.exit(2);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stopRigs().finally(() => process.exit(1)));

const figures: Figure[] = [];
for (const { name, about, run } of benchmarks) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}: ${about}`);
  figures.push(...(await run((line) => console.log(`  ${line}`))));
}
await writeFile(resultsFile, `${JSON.stringify(figures, null, 2)}\n`);
console.log(`\n${tableOf(figures)}\n\nWritten to ${resultsFile}.`);
