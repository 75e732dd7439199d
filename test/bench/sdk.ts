import { execFile } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Chargly } from "@chargly/sdk";
import { repository } from "./compile.js";
import { type Benchmark, type Figure, figure, percentile } from "./figures.js";
import { latenciesOf } from "./latencies.js";
import { openRig } from "./rig.js";
import { rounds, roundSeconds } from "./scale.js";
import { untilApplied } from "./usage-checks.js";
import { openUsageShop } from "./usage-shop.js";
import { customerName, tokensOf } from "./usage-shape.js";

const customers = 1_000;
const secondsUsual = 4;
const recordedPerRound = 20_000;
const inFlights = [1, 16] as const;
const bytesMax = 12 * 1024;
const folder = join(repository, "packages/sdk");

/** The built package, as an application would load it, in this process. */
export const sdk: Benchmark = {
  name: "sdk",
  about: "the SDK against raw fetch to the same endpoint, and its size",
  run: async (say) => {
    await promisify(execFile)("npm", ["run", "build"], { cwd: folder });
    const rig = await openRig();
    try {
      await openUsageShop(rig, { customers });
      // Lists are accepted faster than one worker applies them, and it is not applying that is measured.
      const patient = { RATE_LIMIT_PER_SECOND: "100000", USAGE_LAG_MAX_SECONDS: "3600" };
      const { url } = await rig.start("web", patient);
      await rig.start("worker");
      const built = pathToFileURL(join(folder, "dist/index.js")).href;
      const loaded = (await import(built)) as typeof import("@chargly/sdk");
      const { apiKey } = rig;
      const chargly = new loaded.Chargly({ apiKey, baseUrl: url });
      const figures = [
        ...(await meterEvent({ url, apiKey, chargly, say })),
        await record({ url, apiKey, chargly, say }),
        await size(),
      ];
      await untilApplied(rig);
      return figures;
    } finally {
      await rig.stop();
    }
  },
};

interface Subject {
  readonly url: string;
  readonly apiKey: string;
  readonly chargly: Chargly;
  readonly say: (line: string) => void;
}

const eventOf = () => ({
  id: randomUUID(),
  customerId: customerName(randomInt(customers)),
  event: "chat.reply",
  properties: tokensOf(),
});

function postUsage({ url, apiKey }: Subject, body: unknown, headers: Record<string, string>) {
  return fetch(`${url}/v1/usage`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

/** How long one call takes, in turn with the same by hand. */
async function meterEvent(subject: Subject): Promise<readonly Figure[]> {
  const byHand = async (): Promise<void> => {
    const response = await postUsage(subject, eventOf(), { prefer: "wait" });
    const { status } = (await response.json()) as { readonly status: string };
    if (status !== "applied") throw new Error(`an event was ${status}`);
  };
  const bySdk = async (): Promise<void> => {
    await subject.chargly.meterEvent(eventOf());
  };
  const p50s = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++)
    for (const inFlight of inFlights)
      for (const [side, call] of [["fetch", byHand] as const, ["sdk", bySdk] as const]) {
        const latencies = await latenciesOf(call, inFlight, roundSeconds(secondsUsual));
        if (round === 0) continue;
        const p50 = percentile(latencies, 0.5);
        const key = `${side}@${inFlight}`;
        p50s.set(key, [...(p50s.get(key) ?? []), p50]);
        subject.say(
          `round ${round}/${rounds}  ${key.padEnd(8)}  p50 ${p50.toFixed(2)} ms  ${latencies.length} times`,
        );
      }
  return inFlights.map((inFlight) =>
    figure(
      `sdk.meterEvent.p50@${inFlight}`,
      "ms",
      p50s.get(`sdk@${inFlight}`) ?? [],
      p50s.get(`fetch@${inFlight}`) ?? [],
    ),
  );
}

/** Events per second until Chargly has them, against lists of 1,000 sent by hand, one after the other. */
async function record(subject: Subject): Promise<Figure> {
  const byHand = async (): Promise<void> => {
    for (let sent = 0; sent < recordedPerRound; sent += 1_000) {
      const response = await postUsage(subject, Array.from({ length: 1_000 }, eventOf), {});
      await response.json();
      if (response.status !== 202) throw new Error(`a list was answered ${response.status}`);
    }
  };
  const bySdk = async (): Promise<void> => {
    const { usage } = subject.chargly;
    for (let sent = 0; sent < recordedPerRound; sent += 5_000) {
      for (let count = 0; count < 5_000; count++) usage.record(eventOf());
      await usage.flush();
    }
  };
  const perSecond = { fetch: [] as number[], sdk: [] as number[] };
  for (let round = 0; round <= rounds; round++)
    for (const [side, send] of [["fetch", byHand] as const, ["sdk", bySdk] as const]) {
      const startedMs = performance.now();
      await send();
      const rate = recordedPerRound / ((performance.now() - startedMs) / 1_000);
      if (round === 0) continue;
      perSecond[side].push(rate);
      subject.say(
        `round ${round}/${rounds}  record by ${side.padEnd(5)}  ${rate.toFixed(0)} events/s`,
      );
    }
  return figure("sdk.record", "events/s", perSecond.sdk, perSecond.fetch);
}

/** All that importing the package loads, gzipped, against what it may have. */
async function size(): Promise<Figure> {
  const files = await readdir(join(folder, "dist"));
  const loaded = files.filter((file) => file.endsWith(".js") && file !== "testing.js");
  const texts = await Promise.all(loaded.map((file) => readFile(join(folder, "dist", file))));
  const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  return figure("sdk.size", "bytes", [bytes], [bytesMax]);
}
