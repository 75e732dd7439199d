/**
 * The load of the HTTP figures: keep-alive connections with one request under way each, in a thread of its own.
 * Requests are laid out before the clock runs; then only their ids are written into them, because the load shares two
 * cores with what it measures.
 */
import { workerData } from "node:worker_threads";
import { type Connection, openConnection } from "./connection.js";
import { answerOrders } from "./threads.js";
import { type LoadControl, controlOf } from "./load-control.js";
import {
  createIds,
  type PreparedRequest,
  prepareRequest,
  type RequestShape,
} from "./usage-requests.js";

export interface UsageLoadPlan extends RequestShape {
  readonly connections: number;
  /** Shared with who steers the load. */
  readonly control: SharedArrayBuffer;
}

export interface UsageLoadOrder {
  readonly seconds: number;
}

export interface UsageLoadResult {
  readonly elapsedMs: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Of each request, from its write to its answer. */
  readonly latenciesMs: readonly number[];
}

const plan = workerData as UsageLoadPlan;
/** So that a connection does not ask for the same customers again and again. */
const requestsPerConnection = 50;
const tickMs = 2;
/** How much of the pace may be made up for at once, in seconds. */
const burstSeconds = 0.02;
const control = controlOf(plan.control);
const nextId = createIds();
const prepared = Array.from({ length: plan.connections }, () =>
  Array.from({ length: requestsPerConnection }, () => prepareRequest(plan, nextId)),
);

answerOrders(({ seconds }: UsageLoadOrder): Promise<UsageLoadResult> => fire(seconds));

/** Sends until the time is over or the control says so, then waits for what is under way. */
function fire(seconds: number): Promise<UsageLoadResult> {
  return new Promise((resolve, reject) => {
    const statuses: Record<string, number> = {};
    const latenciesMs: number[] = [];
    const idle: Lane[] = [];
    const lanes = new Map<Connection, Lane>();
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    const budget = createBudget(control);
    const isOver = (): boolean => performance.now() >= endMs || control.stopped();
    const sendSome = (): void => {
      budget.refill();
      // In turn, so that no connection rests until the server closes it.
      while (idle.length > 0 && !isOver() && budget.take(plan.events)) idle.shift()?.send();
      if (!isOver() || idle.length < plan.connections) return;
      clearInterval(ticking);
      for (const connection of lanes.keys()) connection.close();
      resolve({ elapsedMs: performance.now() - startMs, statuses, latenciesMs });
    };
    const ticking = setInterval(sendSome, tickMs);
    const failed = (error: Error): void => {
      clearInterval(ticking);
      for (const connection of lanes.keys()) connection.close();
      reject(error);
    };
    for (const requests of prepared)
      openConnection(plan.port, {
        opened: (connection) => {
          const lane = laneOf(connection, requests);
          lanes.set(connection, lane);
          idle.push(lane);
          sendSome();
        },
        answered: (connection, status, body) => {
          const lane = lanes.get(connection);
          if (lane === undefined) return;
          latenciesMs.push(performance.now() - lane.sentMs());
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (status.startsWith("2")) control.countAnswered(plan.events);
          else if (statuses[status] === 1) process.stderr.write(`${status}: ${body}\n`);
          idle.push(lane);
          sendSome();
        },
        failed,
      });
  });
}

interface Lane {
  readonly send: () => void;
  readonly sentMs: () => number;
}

function laneOf(connection: Connection, requests: readonly PreparedRequest[]): Lane {
  let next = 0;
  let sentMs = 0;
  return {
    send: () => {
      const request = requests[next++ % requests.length];
      if (request === undefined) throw new Error("no request was prepared");
      sentMs = performance.now();
      connection.send(request.stamped());
    },
    sentMs: () => sentMs,
  };
}

/** Lets through as many events as the pace allows. */
function createBudget({ pace }: LoadControl) {
  let left = 0;
  let filledMs = performance.now();
  return {
    refill: () => {
      const nowMs = performance.now();
      const earned = (pace() * (nowMs - filledMs)) / 1_000;
      left = Math.min(left + earned, pace() * burstSeconds + plan.events);
      filledMs = nowMs;
    },
    take: (events: number): boolean => {
      if (left < events) return false;
      left -= events;
      return true;
    },
  };
}
