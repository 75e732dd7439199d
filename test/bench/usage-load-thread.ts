/**
 * The load of the HTTP figures: keep-alive connections with one request under way each, in a thread of its own.
 * Requests are laid out before the clock runs; then only their ids are written into them, because the load shares two
 * cores with what it measures.
 */
import { workerData } from "node:worker_threads";
import { present } from "../../src/kernel/assert.js";
import { type Connection, type Listener, openConnection } from "./connection.js";
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
    const tally = createTally();
    const idle: Lane[] = [];
    const lanes = new Map<Connection, Lane>();
    const budget = createBudget(control);
    const endMs = performance.now() + seconds * 1_000;
    const isOver = (): boolean => performance.now() >= endMs || control.stopped();
    const close = (): void => {
      clearInterval(ticking);
      for (const connection of lanes.keys()) connection.close();
    };
    const sendSome = (): void => {
      budget.refill();
      // In turn, so that no connection rests until the server closes it.
      while (idle.length > 0 && !isOver() && budget.take(plan.events)) idle.shift()?.send();
      if (!isOver() || idle.length < plan.connections) return;
      close();
      resolve(tally.result());
    };
    const rest = (lane: Lane): void => {
      idle.push(lane);
      sendSome();
    };
    const ticking = setInterval(sendSome, tickMs);
    const listener: Listener = {
      opened: (connection) => {
        const lane = laneOf(connection, present(prepared[lanes.size], "each has its requests"));
        lanes.set(connection, lane);
        rest(lane);
      },
      answered: (connection, status, body) => {
        const lane = present(lanes.get(connection), "an open connection has its lane");
        tally.count(status, body, performance.now() - lane.sentMs());
        rest(lane);
      },
      failed: (error) => {
        close();
        reject(error);
      },
    };
    for (let each = 0; each < plan.connections; each++) openConnection(plan.port, listener);
  });
}

/** Counts answers, and writes down the first one of each status that is no success. */
function createTally() {
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  return {
    count: (status: string, body: string, latencyMs: number): void => {
      const before = statuses[status] ?? 0;
      statuses[status] = before + 1;
      latenciesMs.push(latencyMs);
      if (status.startsWith("2")) control.countAnswered(plan.events);
      else if (before === 0) process.stderr.write(`${status}: ${body}\n`);
    },
    result: (): UsageLoadResult => ({
      elapsedMs: performance.now() - startMs,
      statuses,
      latenciesMs,
    }),
  };
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
