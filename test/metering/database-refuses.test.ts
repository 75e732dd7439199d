import { beforeAll, describe, expect, it } from "vitest";
import { refusedBy } from "../ledger/raw-ledger.js";
import { times, usageApi } from "./usage-api.js";

// Nothing here goes through our own code: whoever writes to the tables, the database keeps what was accepted.

const { customer, send, applied, db, stack } = usageApi({ roles: ["web"] });
/** Applied: 3 events, one of them rejected. Waiting: one event. */
let batch: { readonly applied: string; readonly waiting: string };

beforeAll(async () => {
  const customerId = await customer(2);
  await send(times(3, (n) => ({ id: `e-${n}`, customerId, event: "chat.reply" })));
  const worker = await stack().start(["worker", "scheduler"]);
  await applied();
  await worker.stop();
  await send({ id: "waits", customerId, event: "chat.reply" });
  const idOf = async (isApplied: boolean): Promise<string> => {
    const query = db()("usage_batches").first();
    const row = await (isApplied
      ? query.whereNotNull("applied_at")
      : query.whereNull("applied_at"));
    return String(row.id);
  };
  batch = { applied: await idOf(true), waiting: await idOf(false) };
});

const sql = (statement: string, ...bindings: string[]) => refusedBy(db().raw(statement, bindings));

describe("usage events, by plain SQL,", () => {
  it.each([
    ["lose their price", "update usage_events set credits = 0"],
    ["move to another wallet", "update usage_events set wallet_id = gen_random_uuid()"],
    ["be touched at all", "update usage_events set key = key"],
    ["be deleted", "delete from usage_events where key = 'waits'"],
  ])("cannot %s", async (_what, statement) => {
    expect(await sql(statement)).toBe("usage_events_immutable");
  });

  it("cannot have an id twice in a project, nor both a price and a reason for none", async () => {
    const copy = (changes: string) =>
      sql(
        `insert into usage_events select (jsonb_populate_record(e, '${changes}'::jsonb ||
           jsonb_build_object('id', gen_random_uuid()))).* from usage_events e where key = 'waits'`,
      );
    expect(await copy("{}")).toBe("usage_events_key");
    expect(await copy('{"key":"n1","refusal":"x"}')).toBe("usage_events_priced");
    expect(await copy('{"key":"n2","credits":null}')).toBe("usage_events_priced");
    expect(await copy('{"key":"n3","credits":-1}')).toMatch(/credits_check$/);
    expect(await copy('{"key":""}')).toMatch(/key_check$/);
  });
});

describe("a batch, by plain SQL,", () => {
  it.each([
    ["un-applied", "update usage_batches set applied_at = null where id = ?"],
    ["applied again", "update usage_batches set applied_at = now() where id = ?"],
    [
      "quarantined afterwards",
      "update usage_batches set applied_at = null, quarantined_at = now(), problem = 'x' where id = ?",
    ],
    ["moved to another lane", "update usage_batches set lane = lane + 1 where id = ?"],
  ])("that was applied cannot be %s", async (_what, statement) => {
    expect(await sql(statement, batch.applied)).toBe("usage_batches_end_once");
  });

  it.each([
    ["other events", "update usage_batches set last_id = gen_random_uuid() where id = ?"],
    ["another number of events", "update usage_batches set events = events + 1 where id = ?"],
    [
      "another time of acceptance",
      "update usage_batches set accepted_at = now() - interval '1 day' where id = ?",
    ],
    ["another lane", "update usage_batches set lane = (lane + 1) % 4 where id = ?"],
  ])("that waits cannot get %s", async (_what, statement) => {
    expect(await sql(statement, batch.waiting)).toBe("usage_batches_end_once");
  });

  it("is kept, and is never both applied and quarantined", async () => {
    expect(await sql("delete from usage_batches where id = ?", batch.waiting)).toBe(
      "usage_batches_kept",
    );
    expect(await sql("delete from usage_batches where id = ?", batch.applied)).toBe(
      "usage_batches_kept",
    );
    expect(
      await sql(
        "update usage_batches set applied_at = now(), quarantined_at = now(), problem = 'x' where id = ?",
        batch.waiting,
      ),
    ).toBe("usage_batches_one_end");
    expect(
      await sql("update usage_batches set quarantined_at = now() where id = ?", batch.waiting),
    ).toBe("usage_batches_problem");
  });
});

describe("outcomes, by plain SQL,", () => {
  it.each([
    ["edited", "update usage_outcomes set reason = 'nicer'"],
    ["touched", "update usage_outcomes set taken = taken"],
    ["deleted", "delete from usage_outcomes"],
  ])("cannot be %s", async (_what, statement) => {
    expect(await sql(statement)).toBe("usage_outcomes_immutable");
  });

  it("of one event are one, and say what they mean", async () => {
    const copy = (changes: string, id = "event_id") =>
      sql(
        `insert into usage_outcomes select (jsonb_populate_record(o, '${changes}'::jsonb ||
           jsonb_build_object('event_id', ${id}))).* from usage_outcomes o limit 1`,
      );
    expect(await copy("{}")).toBe("usage_outcomes_pkey");
    expect(await copy('{"taken":1}', "gen_random_uuid()")).toBe("usage_outcomes_rejected");
    expect(await copy('{"reason":null}', "gen_random_uuid()")).toBe("usage_outcomes_rejected");
    expect(
      await copy('{"outcome":"partial","taken":1000000,"required":1000000}', "gen_random_uuid()"),
    ).toBe("usage_outcomes_partial");
  });
});

describe("what was accepted", () => {
  it.each(["usage_events", "usage_batches", "usage_outcomes"])(
    "cannot be emptied from %s",
    async (table) => {
      expect(await sql(`truncate ${table} cascade`)).toMatch(/never_emptied$/);
    },
  );

  it("costs each event once: its transfers cannot be written again under other numbers", async () => {
    const again = sql(
      `insert into transfers select (jsonb_populate_record(t, jsonb_build_object('seq', seq + 1000))).*
       from transfers t where cause = 'usage' limit 1`,
    );
    expect(await again).not.toBe("");
  });
});
