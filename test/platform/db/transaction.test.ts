import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { constraintName, databaseErrorKind } from "../../../src/platform/db/errors.js";
import { inTransaction } from "../../../src/platform/db/transaction.js";
import { type FreshDatabase, freshDatabase } from "../../support/database.js";

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

async function credits(name: string): Promise<unknown> {
  return (await database.db("purses").where({ name }).first())?.credits;
}

/** Whoever comes waits until `count` have come; from then on nobody waits. */
function meetingOf(count: number): () => Promise<void> {
  let open = (): void => undefined;
  const opened = new Promise<void>((done) => {
    open = done;
  });
  let come = 0;
  return () => {
    if (++come >= count) open();
    return opened;
  };
}

describe("inTransaction", () => {
  it("commits what the work wrote and answers what it answered", async () => {
    const answer = await inTransaction(database.db, async (trx) => {
      await trx("purses").where({ name: "a" }).update({ credits: 547 });
      return "credited";
    });
    expect(answer).toBe("credited");
    expect(await credits("a")).toBe(547n);
  });

  it("writes nothing when the work fails, and throws that very error", async () => {
    const mistake = new Error("the work failed");
    const failing = inTransaction(database.db, async (trx) => {
      await trx("purses").where({ name: "a" }).update({ credits: 0 });
      throw mistake;
    });
    await expect(failing).rejects.toBe(mistake);
    expect(await credits("a")).toBe(47n);
  });

  it("reads what others committed meanwhile, unless told otherwise", async () => {
    const levels: unknown[] = [];
    const note = async (trx: FreshDatabase["db"]): Promise<void> => {
      const { rows } = await trx.raw("select current_setting('transaction_isolation') as level");
      levels.push(rows[0].level);
    };
    await inTransaction(database.db, note);
    await inTransaction(database.db, note, { isolation: "serializable" });
    expect(levels).toEqual(["read committed", "serializable"]);
  });

  it("runs again after a serialization failure until both have their effect", async () => {
    const meeting = meetingOf(2);
    let runs = 0;
    const addOne = () =>
      inTransaction(
        database.db,
        async (trx) => {
          runs++;
          const row = await trx("purses").where({ name: "b" }).first();
          await meeting();
          await trx("purses")
            .where({ name: "b" })
            .update({ credits: row.credits + 1n });
        },
        { isolation: "serializable", retries: 10 },
      );
    await Promise.all([addOne(), addOne()]);
    expect(await credits("b")).toBe(2n);
    expect(runs).toBe(3);
  });

  it("runs again after a deadlock until both have their effect", async () => {
    const meeting = meetingOf(2);
    let runs = 0;
    const touch = (order: readonly [string, string]) =>
      inTransaction(database.db, async (trx) => {
        runs++;
        await trx.raw("set local lock_timeout = 0");
        await trx("purses").where({ name: order[0] }).increment("credits", 1);
        await meeting();
        await trx("purses").where({ name: order[1] }).increment("credits", 1);
      });
    await Promise.all([touch(["a", "b"]), touch(["b", "a"])]);
    expect([await credits("a"), await credits("b")]).toEqual([49n, 2n]);
    expect(runs).toBeGreaterThan(2);
  });

  it("gives up after its retries, and does not run again after anything but a conflict", async () => {
    const runsOf = async (state: string): Promise<number> => {
      let runs = 0;
      const work = inTransaction(
        database.db,
        async (trx) => {
          runs++;
          await trx.raw(`do $$ begin raise exception 'lost' using errcode = '${state}'; end $$`);
        },
        { retries: 2 },
      );
      await expect(work).rejects.toMatchObject({ code: state });
      return runs;
    };
    expect(await runsOf("40001")).toBe(3);
    expect(await runsOf("23514")).toBe(1);
  });

  it("refuses to be opened within another transaction", async () => {
    const nested = inTransaction(database.db, (trx) => inTransaction(trx, async () => undefined));
    await expect(nested).rejects.toThrow("not opened within another");
  });
});

describe("databaseErrorKind", () => {
  it("names a broken constraint", async () => {
    const error = await database
      .db("purses")
      .where({ name: "a" })
      .update({ credits: -1 })
      .catch((thrown: unknown) => thrown);
    expect(databaseErrorKind(error)).toBe("constraint");
    expect(constraintName(error)).toBe("purse_covered");
  });

  it("looks through what objection and others wrap around the error", () => {
    const native = Object.assign(new Error("duplicate"), {
      code: "23505",
      constraint: "purses_pkey",
    });
    const wrapped = new Error("outer", {
      cause: Object.assign(new Error("x"), { nativeError: native }),
    });
    expect(databaseErrorKind(wrapped)).toBe("constraint");
    expect(constraintName(wrapped)).toBe("purses_pkey");
  });

  it.each([
    ["08006", "unavailable"],
    ["53300", "unavailable"],
    ["57P01", "unavailable"],
    ["57P03", "unavailable"],
    ["25006", "unavailable"],
    ["ECONNREFUSED", "unavailable"],
    ["ECONNRESET", "unavailable"],
    ["40P01", "conflict"],
    ["55P03", "lock_timeout"],
    ["57014", "statement_timeout"],
    ["23503", "constraint"],
    ["42P01", "other"],
    ["28P01", "other"],
  ])("sorts %s under %s", (code, kind) => {
    expect(databaseErrorKind(Object.assign(new Error("x"), { code }))).toBe(kind);
  });

  it("never throws, whatever it is given, also when causes run in a circle", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => typeof databaseErrorKind(thrown) === "string"),
    );
    const circle: Error & { cause?: unknown } = new Error("x");
    circle.cause = circle;
    expect(databaseErrorKind(circle)).toBe("other");
  });
});
