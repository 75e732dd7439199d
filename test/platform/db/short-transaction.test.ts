import { createServer, connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, connectDatabase, type Database } from "../../../src/platform/db/connect.js";
import { constraintName } from "../../../src/platform/db/errors.js";
import { inShortTransaction, sent } from "../../../src/platform/db/short-transaction.js";
import { inTransaction } from "../../../src/platform/db/transaction.js";
import { type FreshDatabase, freshDatabase } from "../../support/database.js";
import { until } from "../../support/until.js";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await database.db.raw(
    "create table purses (name text primary key, credits bigint not null constraint purse_covered check (credits >= 0))",
  );
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db("purses").delete();
  await database.db("purses").insert([
    { name: "a", credits: 47 },
    { name: "b", credits: 0 },
  ]);
});

const creditsOf = async (name: string): Promise<unknown> =>
  (await database.db("purses").where({ name }).first("credits"))?.credits;

const set = async (trx: Database, name: string, credits: number): Promise<void> => {
  await trx.raw("update purses set credits = ? where name = ?", [credits, name]);
};

describe("inShortTransaction", () => {
  it("commits what was sent last, and answers the value", async () => {
    const answer = await inShortTransaction(database.db, async (trx) => ({
      value: "done",
      last: () => [set(trx, "a", 1), set(trx, "b", 2)],
    }));
    expect(answer).toBe("done");
    expect([await creditsOf("a"), await creditsOf("b")]).toEqual([1n, 2n]);
  });

  it.each([
    ["first", -1, 2],
    ["last", 1, -2],
  ])(
    "writes nothing when the %s of the last statements fails, and throws its error",
    async (_, a, b) => {
      const failing = inShortTransaction(database.db, async (trx) => ({
        value: "done",
        last: () => [set(trx, "a", a), set(trx, "b", b)],
      }));
      const error = await failing.catch((thrown: unknown) => thrown);
      expect(constraintName(error)).toBe("purse_covered");
      expect([await creditsOf("a"), await creditsOf("b")]).toEqual([47n, 0n]);
    },
  );

  it("writes nothing when the work fails, and throws that very error", async () => {
    const mistake = new Error("the work failed");
    const failing = inShortTransaction(database.db, async (trx) => {
      await set(trx, "a", 0);
      throw mistake;
    });
    await expect(failing).rejects.toBe(mistake);
    expect(await creditsOf("a")).toBe(47n);
  });

  it("leaves the connection fit for the next one after each of these", async () => {
    const db = connectDatabase({ url: database.url, poolMax: 1, applicationName: "one" });
    try {
      for (const credits of [-1, 5, -1, 6]) {
        const done = inShortTransaction(db, async (trx) => ({
          value: credits,
          last: () => [set(trx, "a", credits)],
        }));
        if (credits < 0) await expect(done).rejects.toThrow("purse_covered");
        else await done;
      }
    } finally {
      await closeDatabase(db);
    }
    expect(await creditsOf("a")).toBe(6n);
  });

  it("writes nothing on a connection that is lost before it begins", async () => {
    const db = connectDatabase({ url: database.url, poolMax: 1, applicationName: "lost" });
    try {
      await db.raw("select 1");
      await database.db.raw(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lost'",
      );
      const done = inShortTransaction(db, async (trx) => ({
        value: undefined,
        last: () => [set(trx, "a", 1)],
      }));
      // Either the pool has noticed and opened another connection, or all of it fails.
      const written = await done.then(
        () => true,
        () => false,
      );
      expect(await creditsOf("a")).toBe(written ? 1n : 47n);
    } finally {
      await closeDatabase(db);
    }
  });
});

describe("a read that is sent behind a lock, without waiting for it", () => {
  it("sees what was committed while the lock was waited for", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((done) => {
      release = done;
    });
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((done) => {
      locked = done;
    });
    const holder = inTransaction(database.db, async (trx) => {
      await trx.raw("select from purses where name = 'a' for update");
      await set(trx, "b", 500);
      locked();
      await released;
    });
    await isLocked;
    const reader = inShortTransaction(database.db, async (trx) => {
      const locking = trx
        .raw("select from purses where name = 'a' for update")
        .then(() => undefined);
      await sent();
      const reading = trx
        .raw<{ rows: { credits: bigint }[] }>("select credits from purses where name = 'b'")
        .then(({ rows }) => rows[0]?.credits);
      const [, credits] = await Promise.all([locking, reading]);
      return { value: credits, last: () => [] };
    });
    await until(
      async () => {
        const { rows } = await database.db.raw<{ rows: unknown[] }>(
          "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        return rows.length > 0 ? true : undefined;
      },
      { because: "the reader waits for the lock", timeoutMs: 10_000 },
    );
    release();
    await holder;
    expect(await reader).toBe(500n);
  });
});

describe("the network", () => {
  it("is crossed twice for what reads once and then writes", async () => {
    const line = await listeningLine(new URL(database.url));
    const db = connectDatabase({ url: line.url, poolMax: 1, applicationName: "counted" });
    try {
      await db.raw("select 1");
      line.restart();
      await inShortTransaction(db, async (trx) => {
        const { rows } = await trx.raw<{ rows: { credits: bigint }[] }>(
          "select credits from purses where name = 'a' for update",
        );
        const left = Number(rows[0]?.credits) - 1;
        return { value: left, last: () => [set(trx, "a", left), set(trx, "b", 1)] };
      });
      expect(line.turns()).toBe(2);
    } finally {
      await closeDatabase(db);
      await line.close();
    }
    expect(await creditsOf("a")).toBe(46n);
  });
});

/** A line to the server that counts how often the client spoke after the server had answered. */
async function listeningLine(target: URL) {
  let turns = 0;
  let clientSpeaks = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on("data", (data) => {
      if (!clientSpeaks) turns++;
      clientSpeaks = true;
      upstream.write(data);
    });
    // Answers of one turn may come in pieces; the next thing the client says is another turn only when it has them.
    upstream.on("data", (data) => {
      clientSpeaks = false;
      client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("close", () => other.destroy());
      one.on("error", () => other.destroy());
    }
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    turns: () => turns,
    restart: () => {
      turns = 0;
    },
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
      }),
  };
}
