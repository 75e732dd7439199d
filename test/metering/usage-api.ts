import type { RateCardTerms } from "@chargly/sdk";
import { afterAll, beforeAll, expect } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import type { Database } from "../../src/platform/db/connect.js";
import { faultsOfAnswer } from "../contract/document.js";
import { freshDatabase } from "../support/database.js";
import {
  type Answer,
  type StackSettings,
  startTestStack,
  type TestStack,
} from "../support/stack.js";
import { until } from "../support/until.js";

export type Json = Readonly<Record<string, unknown>>;

/** What events cost in these tests, in one card: each shortfall policy has an event of its own. */
export const testCard = {
  events: {
    "chat.reply": { price: { type: "flat", credits: "1" } },
    "image.generate": { price: { type: "quantity", credits: "2.5", per: 1 } },
    "video.render": {
      price: { type: "quantity", credits: "1", per: 1 },
      shortfall: { policy: "upToAvailable" },
    },
    "agent.run": {
      price: { type: "quantity", credits: "1", per: 1 },
      shortfall: { policy: "debt", limit: "5" },
    },
  },
} as const satisfies RateCardTerms;

export const wait = { prefer: "wait" };
export const ndjson = { "content-type": "application/x-ndjson" };

/** Chargly on a database of its own, with usage as verbs. */
export interface UsageApi {
  readonly stack: () => TestStack;
  readonly db: () => Database;
  readonly give: (customerId: string, credits: number) => Promise<void>;
  /** A new customer with so many credits. */
  readonly customer: (credits?: number) => Promise<string>;
  readonly send: (body: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly read: (id: string) => Promise<Json>;
  readonly wallet: (customerId: string) => Promise<Json>;
  /** Kind and change of each line, the oldest first. */
  readonly lines: (customerId: string) => Promise<readonly (readonly unknown[])[]>;
  /** Waits until nothing that was accepted is left to apply. */
  readonly applied: (timeoutMs?: number) => Promise<void>;
}

let customers = 0;

/** For one `describe`: starts the stack before its tests, and looks into the books after them. */
export function usageApi(settings: StackSettings = {}): UsageApi {
  let running: TestStack | undefined;
  beforeAll(async () => {
    running = await startTestStack({ ...settings, database: await patientDatabase() });
    const { status } = await running.call("PUT", "/v1/rate-card", testCard);
    expect(status).toBe(201);
  }, 60_000);
  afterAll(async () => {
    try {
      await expectOneEnd(api.db());
    } finally {
      await running?.stop();
    }
  }, 60_000);
  const stack = (): TestStack => {
    if (running === undefined) throw new Error("the stack has not started");
    return running;
  };
  const api = usageVerbs(stack);
  return api;
}

/** A database whose test may look at all that was used, however long it takes. The stack's own pools hurry as ever. */
export const patientDatabase = () => freshDatabase({ statementTimeoutMs: 0, queryTimeoutMs: 0 });

/** The same verbs for a stack that a test starts by itself. */
export function usageVerbs(stack: () => TestStack): UsageApi {
  const db = () => stack().database.db;
  const give: UsageApi["give"] = async (customerId, credits) => {
    await stack().chargly.wallets.grant(customerId, { credits, reason: "given by a test" });
  };
  return {
    stack,
    db,
    give,
    customer: async (credits = 0) => {
      const customerId = `user_${++customers}`;
      if (credits > 0) await give(customerId, credits);
      return customerId;
    },
    send: async (body, headers) => {
      const answer = await stack().call("POST", "/v1/usage", body, headers);
      const type = answer.headers.get("content-type") ?? "";
      expect(faultsOfAnswer("usage.record", { ...answer, type })).toEqual([]);
      return answer;
    },
    read: async (id) => (await stack().call("GET", `/v1/usage/${encodeURIComponent(id)}`)).json,
    wallet: async (customerId) => ({ ...(await stack().chargly.getWallet(customerId)) }),
    lines: async (customerId) => {
      const { data } = await stack().chargly.transactions.list(customerId, { limit: 100 }).page();
      return data.toReversed().map(({ kind, credits }) => [kind, credits]);
    },
    applied: (timeoutMs = 20_000) => untilApplied(db(), timeoutMs),
  };
}

/** Waits until everything that was accepted is applied, or one event with its batch. */
export async function untilApplied(
  db: Database,
  timeoutMs: number,
  only?: { readonly key: string },
): Promise<void> {
  const waiting = () =>
    db("usage_batches").whereNull("applied_at").whereNull("quarantined_at").limit(1);
  const ofEvent = (key: string) =>
    waiting().whereRaw(
      `id in (select overlay(e.id::text placing '0000' from 33)::uuid
        from projects p join usage_events e on e.project_id = p.id and e.key = ?)`,
      [key],
    );
  const left = async () => (only === undefined ? waiting() : ofEvent(only.key));
  const because = `${only?.key ?? "everything accepted"} to be applied`;
  await until(async () => (await left()).length === 0, { because, timeoutMs, everyMs: 5 });
}

/** What became of each event, by what its transfers, its outcome and its batch say; any two that differ are an offence. */
const offences = `
select e.key from usage_events e
join usage_batches b on b.id = coalesce(
  (select batch_id from usage_set_aside s where s.event_id = e.id), overlay(e.id::text placing '0000' from 33)::uuid)
left join usage_outcomes o on o.event_id = e.id and o.wallet_id = e.wallet_id
cross join lateral (
  select coalesce(sum(amount) filter (where kind in ('spend', 'overdraft', 'capture')), 0) as taken, count(*) as moved
  from transfers t where t.wallet_id = e.wallet_id and t.cause = 'usage' and t.cause_id = e.id
) t
where case
  when b.applied_at is null then o.outcome is not null or t.moved > 0
  when o.outcome = 'rejected' then t.moved > 0 or o.taken <> 0
  when o.outcome = 'partial' then o.required is distinct from e.credits or o.taken <> t.taken
  else e.credits is distinct from t.taken
end
union all
select 'a transfer of no event: ' || cause_id from transfers t
where cause = 'usage' and not exists (select from usage_events e where e.id = t.cause_id and e.wallet_id = t.wallet_id)
union all
select 'an outcome of no event: ' || event_id from usage_outcomes o
where not exists (select from usage_events e where e.id = o.event_id and e.wallet_id = o.wallet_id)`;

/** Every event is in one state and has exactly its transfers, and the books check clean. */
export async function expectOneEnd(db: Database): Promise<void> {
  const { rows } = await db.raw<{ rows: { key: string }[] }>(offences);
  expect(rows.slice(0, 10)).toEqual([]);
  const checks = await checkInvariants(db, { invariants });
  expect(checks.filter(({ offenders }) => offenders !== 0)).toEqual([]);
}

export const balance = (available: number, held = 0, debt = 0) => ({
  available,
  held,
  debt,
  total: available + held - debt,
});

export const times = <T>(count: number, each: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => each(n));

/** Asks a number of times, `atOnce` beside each other, and answers in order. */
export async function timesAtOnce<T>(
  count: number,
  atOnce: number,
  each: (n: number) => Promise<T>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let next = 0;
  const askNext = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) answers[n] = await each(n);
  };
  await Promise.all(times(atOnce, askNext));
  return answers;
}

/** The answers by status, counted. */
export function statuses(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, json } of answers) {
    const name = `${status} ${String(json["code"] ?? json["status"] ?? "")}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
