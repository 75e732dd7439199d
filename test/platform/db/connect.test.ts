import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeDatabase, connectDatabase } from "../../../src/platform/db/connect.js";
import { databaseErrorKind } from "../../../src/platform/db/errors.js";
import { type FreshDatabase, freshDatabase } from "../../support/database.js";
import { until } from "../../support/until.js";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

async function read(expression: string): Promise<unknown> {
  const { rows } = await database.db.raw(`select ${expression} as value`);
  return rows[0].value;
}

const connect = (timeouts: Partial<Parameters<typeof connectDatabase>[0]>) =>
  connectDatabase({
    url: database.url,
    poolMax: 2,
    applicationName: "chargly-bounds",
    ...timeouts,
  });

it("reads each type as the value that loses nothing", async () => {
  expect(await read("9007199254740993::bigint")).toBe(9007199254740993n);
  expect(await read("array[1, null, -9223372036854775808]::bigint[]")).toEqual([
    1n,
    null,
    -9223372036854775808n,
  ]);
  expect(await read("count(*)")).toBe(1n);
  expect(await read("547::integer")).toBe(547);
  expect(await read("0.1000000000000000055::numeric")).toBe("0.1000000000000000055");
  expect(await read("'2026-02-01 00:00+02'::timestamptz")).toEqual(
    new Date("2026-01-31T22:00:00Z"),
  );
  expect(await read("'2026-02-01'::date")).toBe("2026-02-01");
  expect(await read(`'{"credits": 547}'::jsonb`)).toEqual({ credits: 547 });
});

it("writes bigint, alone and in arrays, as it was", async () => {
  await database.db.raw("create table written (one bigint, many bigint[])");
  const row = { one: 9007199254740993n, many: [1n, 9007199254740993n] };
  await database.db("written").insert(row);
  expect(await database.db("written")).toEqual([row]);
});

it("leaves pg's own parsers alone, which belong to the whole process", async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query("select 1::bigint as n");
  await client.end();
  expect(rows).toEqual([{ n: "1" }]);
});

it("speaks UTC and has every bound in force on the server", async () => {
  const settings = [
    "TimeZone",
    "application_name",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
  ];
  const values = [];
  for (const name of settings) values.push(await read(`current_setting('${name}')`));
  expect(values).toEqual(["UTC", "chargly-test", "2500ms", "1s", "5s"]);
});

it("stops a statement that takes too long", async () => {
  const db = connect({ statementTimeoutMs: 50 });
  const error = await db.raw("select pg_sleep(20)").catch((thrown: unknown) => thrown);
  expect(databaseErrorKind(error)).toBe("statement_timeout");
  await closeDatabase(db);
});

it("stops waiting for a lock that another transaction holds", async () => {
  await database.db.raw("create table locked as select 1 as n");
  const db = connect({ lockTimeoutMs: 50 });
  await database.db.transaction(async (holder) => {
    await holder.raw("lock table locked");
    const error = await db("locked").catch((thrown: unknown) => thrown);
    expect(databaseErrorKind(error)).toBe("lock_timeout");
  });
  await closeDatabase(db);
});

it("ends a session whose transaction does nothing, so that its locks go", async () => {
  const db = connect({ idleInTransactionTimeoutMs: 50 });
  const error = await db
    .transaction(async (trx) => {
      const { rows } = await trx.raw("select pg_backend_pid() as pid");
      const isGone = () =>
        database
          .db("pg_stat_activity")
          .where("pid", rows[0].pid)
          .first()
          .then((row) => row === undefined);
      await until(isGone, { because: "the server to end the idle session" });
      await trx.raw("select 1");
    })
    .catch((thrown: unknown) => thrown);
  expect(databaseErrorKind(error)).toBe("unavailable");
  await closeDatabase(db);
});

it("stops waiting for a connection when all are busy", async () => {
  const db = connect({ poolMax: 1, acquireTimeoutMs: 50 });
  await db.transaction(async () => {
    const error = await db.raw("select 1").catch((thrown: unknown) => thrown);
    expect(databaseErrorKind(error)).toBe("unavailable");
  });
  await closeDatabase(db);
});

it("tells at once that nobody listens", async () => {
  const db = connectDatabase({
    url: "postgres://postgres@127.0.0.1:1/none",
    poolMax: 1,
    applicationName: "chargly-bounds",
  });
  const startMs = performance.now();
  const error = await db.raw("select 1").catch((thrown: unknown) => thrown);
  expect(databaseErrorKind(error)).toBe("unavailable");
  expect(performance.now() - startMs).toBeLessThan(2_000);
  await closeDatabase(db);
});

it("throws away a session whose answer is overdue, instead of queueing behind it", async () => {
  const db = connect({ poolMax: 1, queryTimeoutMs: 300, statementTimeoutMs: 0 });
  const error = await db.raw("select pg_sleep(20)").catch((thrown: unknown) => thrown);
  expect(databaseErrorKind(error)).toBe("unavailable");
  const { rows } = await db.raw("select 1 as n");
  expect(rows).toEqual([{ n: 1 }]);
  const again = await db.raw("select pg_sleep(20)").catch((thrown: unknown) => thrown);
  expect(databaseErrorKind(again)).toBe("unavailable");
  await closeDatabase(db);
});

it("keeps no connection open when it is closed, and says so when a session breaks", async () => {
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
  const db = connect({ applicationName: "chargly-broken", log });
  const sessions = () =>
    database.db("pg_stat_activity").where("application_name", "chargly-broken");
  await db.raw("select 1");
  await database.db.raw(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chargly-broken'",
  );
  await until(() => warnings.includes("a database session broke"), { because: "the warning" });
  const { rows } = await db.raw("select 1 as n");
  expect(rows).toEqual([{ n: 1 }]);
  await closeDatabase(db);
  await until(async () => (await sessions()).length === 0, { because: "the sessions to end" });
});
