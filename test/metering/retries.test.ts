import { describe, expect, it } from "vitest";
import { until } from "../support/until.js";
import { balance, ndjson, usageApi, wait } from "./usage-api.js";

const { customer, send, read, wallet, applied, db, stack } = usageApi();

const keyed = (key: string) => ({ "idempotency-key": key });

describe("a single event without an id", () => {
  it.each([
    ["waited for", wait],
    ["not waited for", {}],
  ])(
    "%s, is charged once however often it comes with the same Idempotency-Key",
    async (way, prefer) => {
      const customerId = await customer(10);
      const key = `key-${way.replaceAll(" ", "-")}`;
      const event = { customerId, event: "image.generate", quantity: 1 };
      for (let time = 0; time < 3; time++) {
        const { json } = await send(event, { ...prefer, ...keyed(key) });
        expect(json["id"]).toBe(key);
      }
      const other = await send({ ...event, quantity: 2 }, { ...prefer, ...keyed(key) });
      expect([other.status, other.json["code"]]).toEqual([409, "usage_id_conflict"]);
      await applied();
      expect(await wallet(customerId)).toMatchObject(balance(7.5));
      expect(await read(key)).toMatchObject({ id: key, status: "applied", credits: 2.5 });
    },
  );

  it("is refused with a key that cannot be an id, as it would not protect it", async () => {
    const event = { customerId: await customer(1), event: "chat.reply" };
    for (const key of ["a b", "x".repeat(129), "é"]) {
      const { status, json } = await send(event, keyed(key));
      expect([key, status, json["code"], json["param"]]).toEqual([
        key,
        400,
        "invalid_request",
        "Idempotency-Key",
      ]);
    }
  });

  it("has the same key behind the routes of Express", async () => {
    const event = { customerId: await customer(5), event: "chat.reply" };
    for (const path of ["/v1/usage/", "/v1/usage", "/v1/usage/"]) {
      const { json } = await stack().call("POST", path, event, { ...wait, ...keyed("by-express") });
      expect(json).toMatchObject({ id: "by-express", status: "applied", balance: balance(4) });
    }
  });
});

describe("the Idempotency-Key of events that have ids", () => {
  it("changes nothing: the id counts, alone and in a list", async () => {
    const customerId = await customer(5);
    const event = { id: "own-1", customerId, event: "chat.reply" };
    expect((await send(event, { ...wait, ...keyed("a b") })).json).toMatchObject({ id: "own-1" });
    const list = await send([event], { ...wait, ...keyed("other") });
    expect(list.json).toMatchObject({ duplicates: [{ id: "own-1" }] });
  });

  it("is refused for a list while an event has none, and nothing is taken", async () => {
    const customerId = await customer(5);
    const events = [
      { id: "in-list", customerId, event: "chat.reply" },
      { customerId, event: "chat.reply" },
    ];
    const lines = events.map((event) => JSON.stringify(event)).join("\n");
    const answers = [
      await send(events, keyed("k")),
      await send(lines, { ...ndjson, ...keyed("k") }),
      await send(events, { ...wait, ...keyed("k") }),
    ];
    for (const { status, json } of answers)
      expect([status, json]).toEqual([
        400,
        expect.objectContaining({ code: "invalid_request", param: "Idempotency-Key" }),
      ]);
    expect((await read("in-list"))["status"]).toBe(404);
  });
});

describe("usage whose connection to the database is lost on the way", () => {
  it.each(["alone", "in a list"])(
    "%s, is not said to be unchanged, and is charged once when it comes again",
    async (way) => {
      const customerId = await customer(5);
      const id = `lost-${way.replaceAll(" ", "-")}`;
      const event = { id, customerId, event: "chat.reply" };
      const body = way === "alone" ? event : [event];
      const lock = await db().transaction();
      let answer: ReturnType<typeof send>;
      try {
        await lock.raw("lock table usage_events in share mode");
        answer = send(body);
        await until(
          async () => {
            const { rows } = await db().raw<{ rows: unknown[] }>(
              `select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and wait_event_type = 'Lock' and query like '%usage_events%'`,
            );
            return rows.length > 0;
          },
          { because: "the write to wait" },
        );
        await answer;
      } finally {
        await lock.rollback();
      }
      const { status, json, headers } = await answer;
      expect([status, json]).toEqual([
        503,
        expect.objectContaining({
          code: "unavailable",
          detail:
            "The events may have been taken. Send them again under the same ids: each is charged once.",
        }),
      ]);
      expect(headers.get("retry-after")).toMatch(/^\d+$/);
      // The pool may hand out another session that was ended with it, and says so: a client sends again.
      const sentAgain = async () => (await send(body)).status === 202;
      await until(sentAgain, { because: "the database to be back" });
      await until(sentAgain, { because: "it to be taken once more" });
      await applied();
      expect(await wallet(customerId)).toMatchObject(balance(4));
    },
  );
});
