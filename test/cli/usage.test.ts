import { afterAll, beforeAll, expect, it } from "vitest";
import { newId, publicId } from "../../src/kernel/ids.js";
import type { UsageBatchId } from "../../src/kernel/ids.js";
import { chatTerms } from "../rating/cards.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { charglyHere, type Ran } from "./chargly.js";

let stack: TestStack;
const run = (line: string): Promise<Ran> => charglyHere(line.split(" "), { env: stack.env });
const send = async (event: Record<string, unknown>) => {
  const { status } = await stack.call("POST", "/v1/usage", event, { prefer: "wait" });
  return status;
};

beforeAll(async () => {
  stack = await startTestStack();
  await stack.call("PUT", "/v1/rate-card", chatTerms);
  await stack.call("POST", "/v1/wallets/ann/grants", { credits: 10, reason: "welcome credits" });
  const properties = { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 };
  await send({ id: "ann-1", customerId: "ann", event: "chat.reply", properties });
  await send({ id: "ann-2", customerId: "ann", event: "image.generate", quantity: 2 });
  const short = [{ id: "ann-3", customerId: "ann", event: "image.generate", quantity: 2 }];
  await stack.call("POST", "/v1/usage", short, { prefer: "wait" });
});
afterAll(() => stack.stop());

it("lists events as the API does, of one customer, event and time", async () => {
  const words = await run("usage list --customer ann");
  expect(words.stdout).toMatch(/^EVENT ID +ACCEPTED +CUSTOMER +EVENT +MODEL +CREDITS +STATE\n/);
  expect(words.stdout).toMatch(
    /ann-3 +\S+Z +ann +image\.generate +0 +rejected: insufficient_credits/,
  );
  expect(words.stdout).toMatch(/ann-1 +\S+Z +ann +chat\.reply +gpt-x +0\.39 +applied/);
  const api = await stack.call("GET", "/v1/usage?event=image.generate&limit=1");
  expect((await run("usage list --event image.generate --limit 1 --json")).json()).toEqual(
    api.json,
  );
  expect((await run("usage list --customer nobody --json")).json().data).toEqual([]);
  expect((await run("usage list --from 2999-01-01 --json")).json().data).toEqual([]);
  expect((await run("usage list --from yesterday")).code).toBe(2);
});

it("shows one event by either id, and why it was rejected", async () => {
  const shown = await run("usage show ann-3 --json");
  const api = await stack.call("GET", "/v1/usage/ann-3");
  expect(shown.json()).toEqual(api.json);
  const words = (await run(`usage show ${String(api.json["eventId"])}`)).stdout;
  expect(words).toMatch(/price +8, version 1\n/);
  expect(words).toMatch(/state +rejected: insufficient_credits\nwhy +\S/);
  const unknown = await run("usage show ann-99 --json");
  expect([unknown.code, unknown.error().code]).toEqual([1, "not_found"]);
});

it("sums up by day, event and model", async () => {
  const words = (await run("usage summary --customer ann")).stdout;
  expect(words).toMatch(/image\.generate +2 +1 +1 +8\n/);
  expect(words).toContain("3 events, 8.39 credits.\n");
  expect((await run("usage summary --event chat.reply --json")).json()).toMatchObject({
    data: [{ event: "chat.reply", model: "gpt-x", events: 1, credits: 0.39 }],
    total: { events: 1, credits: 0.39 },
  });
  expect((await run("usage summary --customer nobody")).stdout).toBe("Nothing was used.\n");
});

it("explains a charge in the words and the JSON of the API", async () => {
  const [id] = (await run("usage show ann-1 --json")).json().transactions;
  const { json } = await stack.call("GET", `/v1/transactions/${id}/explain`);
  expect((await run(`usage explain ${id} --json`)).json()).toEqual(json);
  const words = (await run(`usage explain ${id}`)).stdout;
  expect(words).toContain(`${String(json["sentence"])}\n`);
  expect(words).toMatch(/request +req_/);
  expect(words).toMatch(/_2 +spend +0\.39 +1: welcome credits/);
  expect((await run("usage explain txn_1")).code).toBe(1);
});

it("lists what nobody could apply, and applies it after all once the cause is gone, with its line in the audit log", async () => {
  expect((await run("usage quarantine")).stdout).toBe("No usage is quarantined.\n");
  const { db } = stack.database;
  await db.raw(
    `alter table transfers add constraint planted check (memo is distinct from 'broken.event')`,
  );
  const broken = { id: "ann-4", customerId: "ann", event: "broken.event", credits: 1 };
  expect((await stack.call("POST", "/v1/usage", broken)).status).toBe(202);
  const [held] = await until(
    async () => {
      const { data } = (await run("usage quarantine --json")).json();
      return data.length > 0 && data;
    },
    { because: "the batch to be quarantined", timeoutMs: 25_000 },
  );
  expect(held).toMatchObject({ events: 1, reason: expect.stringContaining("planted") });
  expect((await run("usage quarantine --project test")).stdout).toMatch(
    new RegExp(`${held.id} +prj_\\S+ +\\S+Z +1 +.*planted`),
  );
  expect((await run("doctor --no-books --json")).json().checks).toContainEqual(
    expect.objectContaining({ name: "usage", status: "warn" }),
  );
  await db.raw("alter table transfers drop constraint planted");
  const retried = await run(`usage retry ${held.id}`);
  expect([retried.code, retried.stdout]).toEqual([0, `${held.id} waits to be applied.\n`]);
  await until(async () => (await run("usage show ann-4 --json")).json().status === "applied", {
    because: "the sweep to ring for the batch",
  });
  const again = await run(`usage retry ${held.id} --json`);
  expect([again.code, again.error()]).toEqual([
    1,
    { code: "conflict", detail: "The batch is not in quarantine; it was applied." },
  ]);
  const unknown = publicId("usageBatch", newId("usageBatch") as UsageBatchId);
  expect((await run(`usage retry ${unknown} --json`)).error().code).toBe("not_found");
  const [entry] = await db("audit_log").where({ action: "usage_batch.retry" });
  expect([entry.actor.split(":")[0], entry.subject]).toEqual(["cli", held.id]);
  expect(entry.details.problem).toContain("planted");
});
