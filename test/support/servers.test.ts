import { createConnection } from "node:net";
import { expect, it } from "vitest";
import { isAlive } from "../../src/dev/embedded-postgres/processes.js";
import { freshDatabase } from "./database.js";
import { hasRedis, queueBackends } from "./queue-backends.js";
import { startRedis } from "./redis.js";
import { until } from "./until.js";

it("gives each test file a database of its own, and drops it although somebody is connected", async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
  await one.db.raw("create table mine ()");
  const { rows } = await two.db.raw("select to_regclass('mine') as found");
  expect(rows).toEqual([{ found: null }]);
  await one.drop();
  const left = await two.db("pg_database").where("datname", new URL(one.url).pathname.slice(1));
  expect(left).toEqual([]);
  await two.drop();
});

it.runIf(hasRedis)(
  "starts a Redis that can be flushed, frozen, thawed and killed, and leaves nothing",
  async () => {
    const redis = await startRedis({ appendonly: true });
    expect(await say(redis.port, "SET credits 547")).toBe("+OK");
    await redis.flush();
    expect(await say(redis.port, "GET credits")).toBe("$-1");
    redis.freeze();
    expect(await say(redis.port, "PING", 100)).toBe("silence");
    redis.thaw();
    expect(await say(redis.port, "PING")).toBe("+PONG");
    await redis.kill();
    expect(isAlive(redis.pid)).toBe(false);
    await redis.stop();
  },
);

it.runIf(hasRedis)(
  "tests both queue backends (skipped where redis-server is not installed)",
  () => {
    expect(queueBackends).toEqual(["postgres", "redis"]);
  },
);

it("waits for a fact, and tells what it waited for in vain", async () => {
  let asked = 0;
  expect(await until(() => ++asked === 3 && "done", { everyMs: 1, because: "three" })).toBe("done");
  await expect(
    until(() => false, { timeoutMs: 5, everyMs: 1, because: "a wonder" }),
  ).rejects.toThrow("Waited in vain for a wonder");
});

function say(port: number, command: string, timeoutMs = 5_000): Promise<string> {
  return new Promise((done, fail) => {
    const socket = createConnection(
      { port, host: "127.0.0.1" },
      () => void socket.write(`${command}\r\n`),
    );
    const end = (answer: string): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(timeoutMs, () => end("silence"));
    socket.once("error", fail);
    socket.once("data", (data) => end(data.toString().trim()));
  });
}
