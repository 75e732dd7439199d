import type { Database } from "../platform/db/connect.js";
import { type DriftDay, selectDrift } from "./store/drift.js";

export type { DriftDay };

const daysMax = 92;

/** How many differences were found, healed and left open on each of the last days, today's last. Days are UTC. */
export function readDrift(db: Database, days: number): Promise<readonly DriftDay[]> {
  return selectDrift(db, Math.min(days, daysMax));
}
