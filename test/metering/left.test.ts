import { expect, it } from "vitest";
import { until } from "../support/until.js";
import { usageApi } from "./usage-api.js";

const { customer, db, stack } = usageApi();

it("counts a sender who left before the answer as 499, not as one who was answered", async () => {
  const statuses = async () =>
    (await (await fetch(`${stack().url}/metrics`)).text())
      .split("\n")
      .filter((line) => /^http_request_duration_seconds_count.*route="\/v1\/usage"/.test(line))
      .map((line) => /status="(\d+)"/.exec(line)?.[1]);
  const event = { id: "left-1", customerId: await customer(5), event: "chat.reply" };
  const leave = new AbortController();
  const lock = await db().transaction();
  try {
    await lock.raw("lock table usage_events in share mode");
    const answer = fetch(`${stack().url}/v1/usage`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack().apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(event),
      signal: leave.signal,
    });
    const waits = async () => {
      const { rows } = await db().raw<{ rows: unknown[] }>(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
         and query like '%usage_events%'`,
      );
      return rows.length > 0;
    };
    await until(waits, { because: "the write to wait" });
    leave.abort();
    await expect(answer).rejects.toThrow("aborted");
    // The lock stays until the write gives up: by then it is known that nobody listens.
    await until(async () => (await statuses()).length > 0, { because: "the request to end" });
  } finally {
    await lock.rollback();
  }
  expect(await statuses()).toEqual(["499"]);
});
