import type { Knex } from "knex";
import { expect } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import type { QueueEngine } from "../../src/platform/queue/engine.js";
import { type Gateway, openGateway } from "../platform/queue/gateway.js";
import type { Role } from "../../src/app/start-process.js";
import { type RoleProcess, startRole } from "../support/processes.js";
import {
  balanceOf,
  buy,
  type StackSettings,
  startTestStack,
  type TestStack,
} from "../support/stack.js";
import type { QueueBackend } from "../support/queue-backends.js";
import { until } from "../support/until.js";

/** A lock that a test holds on rows, to keep a process at the point where it asks for them. */
export interface HeldLock {
  release(): Promise<void>;
}

/** A payment at Stripe of which no event has been delivered yet. */
export interface Payment {
  readonly customerId: string;
  readonly purchaseId: string;
  readonly sessionId: string;
}

export const completed = "checkout.session.completed";

/** A stack with processes of its own beside it, to be killed. */
export interface Scene extends TestStack {
  readonly spawn: (role: Role, env?: Readonly<Record<string, string>>) => Promise<RoleProcess>;
  /** Released at the end, also when the test failed: nothing could be dropped otherwise. */
  readonly locks: HeldLock[];
}

/** Starts web in this process, and nothing else unless told; Stripe's events are held back. */
export async function startScene(
  queue: QueueBackend,
  settings: Omit<StackSettings, "queue"> = {},
): Promise<Scene> {
  const stack = await startTestStack({ roles: ["web"], ...settings, queue });
  await stack.simulator.control.setDelivery({ mode: "hold" });
  const spawned: RoleProcess[] = [];
  const locks: HeldLock[] = [];
  return {
    ...stack,
    locks,
    spawn: async (role, env = {}) => {
      const child = await startRole(role, { ...stack.env, ...env });
      spawned.push(child);
      return child;
    },
    stop: async () => {
      await Promise.all(spawned.map((child) => child.kill()));
      await Promise.all(locks.map((lock) => lock.release()));
      await stack.stop();
    },
  };
}

export async function payHeld(stack: TestStack, customerId: string): Promise<Payment> {
  const { id, sessionId } = await buy(stack, customerId);
  await stack.simulator.control.pay(sessionId, { card: "paid" });
  return { customerId, purchaseId: id, sessionId };
}

/** Delivers one event of the payment's session as Stripe does; answers the status and how long it took. */
export async function deliver(
  stack: TestStack,
  { sessionId }: Pick<Payment, "sessionId">,
  web: string = stack.url,
): Promise<{ readonly status: number; readonly durationMs: number }> {
  const events = await stack.simulator.control.events({ type: completed });
  const event = events.find(({ data }) => JSON.stringify(data).includes(sessionId));
  const { body, header } = await stack.simulator.control.signedPayload(String(event?.["id"]), {
    secret: stack.webhookSecret,
  });
  const startMs = performance.now();
  const response = await fetch(`${web}${new URL(stack.webhookUrl).pathname}`, {
    method: "POST",
    headers: { "stripe-signature": header, "content-type": "application/json" },
    body,
  });
  await response.arrayBuffer();
  return { status: response.status, durationMs: performance.now() - startMs };
}

/** Runs a statement that locks rows, and keeps its transaction open for as long as it takes. */
export async function holdLock(
  stack: Scene,
  statement: string,
  values: readonly Knex.RawBinding[] = [],
): Promise<HeldLock> {
  const trx = await stack.database.db.transaction();
  await trx.raw("set local idle_in_transaction_session_timeout = 0");
  await trx.raw(statement, [...values]);
  const lock = { release: async () => void (trx.isCompleted() || (await trx.rollback())) };
  stack.locks.push(lock);
  return lock;
}

/** How many sessions of a process wait for a lock. */
export async function countWaiting(stack: TestStack, application: string): Promise<number> {
  const { rows } = await stack.database.db.raw<{ rows: { waiting: number }[] }>(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and application_name = ? and wait_event_type = 'Lock'`,
    [application],
  );
  return rows[0]?.waiting ?? 0;
}

export async function waitsForLock(stack: TestStack, application: string): Promise<void> {
  const because = `${application} to wait for a lock`;
  await until(async () => (await countWaiting(stack, application)) > 0, { because, everyMs: 5 });
}

/**
 * Ends what a killed process left at work in the server. The server would otherwise finish its last statement once
 * the lock is free, and the process would seem to have come further than it did.
 */
export async function endGhosts(stack: TestStack, application: string): Promise<void> {
  const because = `the last session of ${application}`;
  await until(
    async () => {
      const { rows } = await stack.database.db.raw<{ rows: { ended: boolean }[] }>(
        `select pg_terminate_backend(pid) as ended from pg_stat_activity
         where datname = current_database() and application_name = ? and state <> 'idle'`,
        [application],
      );
      return rows.length === 0;
    },
    { because },
  );
}

/** All jobs that the queue has ever seen, the finished ones included; finished ones are kept for a while. */
export async function countJobs(engine: QueueEngine): Promise<Record<string, number>> {
  return engine.queue("stripe").getJobCounts("waiting", "active", "delayed", "completed", "failed");
}

/** A worker's own way to the queue. Behind it, the queue is well for everybody else. */
export async function openQueueDoor(
  stack: TestStack,
): Promise<{ readonly gateway: Gateway | undefined; readonly env: Record<string, string> }> {
  if (stack.redis === undefined) return { gateway: undefined, env: {} };
  const gateway = await openGateway(stack.redis.url);
  return { gateway, env: { REDIS_URL: gateway.url } };
}

/** Waits for the credits, then looks whether they came once and the books are right. */
export async function expectOneGrant(
  stack: TestStack,
  payment: Payment,
  withinMs: number,
): Promise<void> {
  const { customerId } = payment;
  await until(async () => (await balanceOf(stack, customerId)) === 500, {
    because: `the credits of ${customerId}`,
    timeoutMs: withinMs,
    everyMs: 50,
  });
  await until(async () => (await countUnfinished(stack)) === 0, {
    because: "every event to be finished",
    timeoutMs: withinMs,
  });
  expect(await countGrants(stack, customerId)).toBe(1);
  await expectCleanBooks(stack);
}

export async function countGrants(stack: TestStack, customerId: string): Promise<number> {
  return (await stack.chargly.transactions.list(customerId).toArray()).length;
}

/** Events in the inbox that still wait for their effect. */
export async function countUnfinished(stack: TestStack): Promise<number> {
  const rows = await stack.database.db("stripe_events").where({ status: "received" }).pluck("id");
  return rows.length;
}

export async function stateOf(stack: TestStack, { sessionId }: Payment): Promise<string> {
  const states: string[] = await stack.database
    .db("purchases")
    .where({ checkout_session_id: sessionId })
    .pluck("state");
  return states[0] ?? "none";
}

export async function expectCleanBooks(stack: Pick<TestStack, "database">): Promise<void> {
  const broken = (await checkInvariants(stack.database.db, { invariants })).filter(
    ({ offenders }) => offenders > 0,
  );
  expect(broken).toEqual([]);
}
