import { createConnection, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, it } from "vitest";
import { openQueueEngine, type QueueEngine } from "../../../src/platform/queue/engine.js";
import { type FreshDatabase, freshDatabase } from "../../support/database.js";
import { until } from "../../support/until.js";
import { silentLog } from "./silent-log.js";

/** PostgreSQL's ReadyForQuery, idle: what ends a greeting. */
const readyForQuery = Buffer.from("5a0000000549", "hex");

/** PostgreSQL's last word to a session when the server dies. */
const farewell = ((): Buffer => {
  const fields =
    "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0";
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, Buffer.from(fields)]);
})();

/** A server that greets every session and dies in the same moment, as long as it is told to. */
async function openDyingServer(target: URL) {
  const sockets = new Set<Socket>();
  let isDying = false;
  let farewells = 0;
  const server = createServer((client) => {
    const far = createConnection({ host: target.hostname, port: Number(target.port) });
    for (const [from, to] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    client.on("data", (data) => void far.write(data));
    far.on("data", (data) => {
      if (!isDying || !data.includes(readyForQuery)) return void client.write(data);
      farewells++;
      client.end(Buffer.concat([data, farewell]));
    });
  });
  const port = await new Promise<number>((done) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const url = new URL(target);
  url.port = String(port);
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: url.href,
    farewells: () => farewells,
    die: () => {
      isDying = true;
      cut();
    },
    live: () => void (isDying = false),
    close: async () => {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}

let database: FreshDatabase;
let door: Awaited<ReturnType<typeof openDyingServer>>;
let engine: QueueEngine;
beforeAll(async () => {
  database = await freshDatabase();
  door = await openDyingServer(new URL(database.url));
  engine = await openQueueEngine({ databaseUrl: door.url, redisUrl: undefined, log: silentLog });
});
afterAll(async () => {
  await engine.close();
  await door.close();
  await database.drop();
});

it("outlives a Postgres that dies just as the queue's sessions have connected, and works on", async () => {
  const done: string[] = [];
  const worker = engine.createWorker("greeted", async (job) => void done.push(job.name), {
    concurrency: 1,
    maxStalledCount: 20,
  });
  await engine.queue("greeted").add("before", {});
  await until(() => done.includes("before"), { because: "the first job" });
  door.die();
  // What nobody hears of a session would end this process, and with it the test.
  await until(() => door.farewells() > 20, { because: "sessions that ended as they began" });
  door.live();
  const add = () =>
    engine
      .queue("greeted")
      .add("after", {})
      .catch(() => undefined);
  await until(add, { because: "the queue to take a job" });
  await until(() => done.includes("after"), { because: "the job after it", timeoutMs: 20_000 });
  await worker.close();
}, 60_000);
