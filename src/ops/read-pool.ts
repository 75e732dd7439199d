import type { Database } from "../platform/db/connect.js";

/** Connections of one pool, and queries that wait for one. */
export interface PoolUse {
  readonly used: number;
  readonly free: number;
  readonly waiting: number;
}

/** Reads the pool inside knex, whose types leave it out. Zeros when it is not the pool we know. */
export function readPool(db: Database): PoolUse {
  const client: unknown = db.client;
  const pool = field(client, "pool");
  return {
    used: ask(pool, "numUsed"),
    free: ask(pool, "numFree"),
    waiting: ask(pool, "numPendingAcquires"),
  };
}

function field(owner: unknown, name: string): unknown {
  return typeof owner === "object" && owner !== null ? Reflect.get(owner, name) : undefined;
}

function ask(pool: unknown, name: string): number {
  const method = field(pool, name);
  if (typeof method !== "function") return 0;
  const answer: unknown = Reflect.apply(method, pool, []);
  return typeof answer === "number" ? answer : 0;
}
