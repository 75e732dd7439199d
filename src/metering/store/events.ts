import type { ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { UsageEventRow } from "../models.js";
import type { UsageEvent } from "../rules.js";

/** The events that stand under these keys. */
export async function selectByKeys(
  db: Database | Trx,
  keys: readonly { readonly projectId: ProjectId; readonly key: string }[],
): Promise<readonly UsageEvent[]> {
  if (keys.length === 0) return [];
  return UsageEventRow.query(db).whereRaw(
    "(project_id, key) in (select * from unnest(?::uuid[], ?::text[]))",
    [keys.map(({ projectId }) => projectId), keys.map(({ key }) => key)],
  );
}

export interface Doorstep {
  /** The version of the rate card in force; 0 when there is none. */
  readonly version: number;
  /** Which of the keys belong to an event already. */
  readonly known: readonly string[];
}

/** What has to be known before events of a project are recorded, in one round trip. */
export async function selectDoorstep(
  trx: Trx,
  projectId: ProjectId,
  keys: readonly string[],
): Promise<Doorstep> {
  const { rows } = await trx.raw<{ rows: Doorstep[] }>(
    `select coalesce((select max(version) from rate_cards where project_id = ?), 0) as version,
       array(select key from usage_events where project_id = ? and key = any(?::text[])) as known`,
    [projectId, projectId, [...keys]],
  );
  return rows[0] ?? { version: 0, known: [] };
}
