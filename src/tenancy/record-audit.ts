import { newId, type ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";

export interface AuditEntry {
  readonly projectId: ProjectId | null;
  /** Who: `key_…` for an API key, `cli:<user>` for the command line, `environment` for the configuration. */
  readonly actor: string;
  /** What, as `noun.verb`: `wallet.grant`, `api_key.revoke`. */
  readonly action: string;
  /** To what: a public id or a name. */
  readonly subject: string;
  /** Further facts. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes one line of the audit log, in the transaction of the change it tells of. */
export async function recordAudit(trx: Database | Trx, entry: AuditEntry): Promise<void> {
  const { projectId, actor, action, subject, details = {} } = entry;
  await trx("audit_log").insert({
    id: newId("auditEntry"),
    project_id: projectId,
    actor,
    action,
    subject,
    details: JSON.stringify(details),
  });
}
