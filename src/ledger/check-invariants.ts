import type { ProjectId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { ledgerInvariants } from "./invariants/index.js";
import type { Invariant, Relations } from "./invariants/invariant.js";
import { ledgerRelations } from "./invariants/scope.js";

/** A row that breaks an invariant. */
export interface Offender {
  readonly projectId: ProjectId;
  /** `null` when it is about a project as a whole, or about a wallet that is not known. */
  readonly walletId: WalletId | null;
  /** What it is, within the wallet: a seq, a lot's number, the id of a hold or of an event. */
  readonly id: string;
  /** What is there, and what should be, in micro-credits. */
  readonly wrong: string;
}

/** How one invariant was found. Anything but no offenders is a bug or a tampered database. */
export interface CheckedInvariant {
  readonly name: string;
  readonly rule: string;
  /** How many rows break it. */
  readonly offenders: number;
  /** Some of them: at most {@link examplesMax} of each project. */
  readonly examples: readonly Offender[];
  readonly seconds: number;
}

export interface CheckOptions {
  /** The ledger's own unless told: `app` has the list of those of all domains. */
  readonly invariants?: readonly Invariant[];
  /** Only what belongs to it. */
  readonly projectId?: ProjectId | undefined;
  /** Only what concerns wallets that were moved from this moment on; everything unless told. */
  readonly since?: Date | undefined;
  /** Leaves out the wallets of which an operator accepted that they break that very invariant. */
  readonly withoutAccepted?: boolean;
  /** For each invariant. The connection's own bound by our clock must be higher; see `connectForAudit`. */
  readonly timeoutMs?: number;
  /** Looked at between invariants. */
  readonly signal?: AbortSignal;
}

/** Of each project, for each invariant. */
export const examplesMax = 20;
/** Of all projects together, so that an answer is bounded whatever happened. */
const rowsMax = 1_000;
/** For sorts and sums; what does not fit goes to disk. */
const workMemory = "64MB";

/**
 * Asks the database for whatever breaks an invariant. Each is one statement in a transaction of its own, read only and
 * on one snapshot, so writers beside it cause no false alarm, wait for nothing, and their dead rows are not kept for
 * longer than one question takes. Given a transaction, it asks within that.
 *
 * Without `since` every row is read: some seconds per invariant and million transfers.
 */
export async function checkInvariants(
  db: Database | Trx,
  options: CheckOptions = {},
): Promise<readonly CheckedInvariant[]> {
  const checked: CheckedInvariant[] = [];
  for (const invariant of options.invariants ?? ledgerInvariants) {
    options.signal?.throwIfAborted();
    checked.push(await checkOne(db, invariant, options));
  }
  return checked;
}

/** The invariants among these that something breaks. */
export function brokenOf(checked: readonly CheckedInvariant[]): readonly CheckedInvariant[] {
  return checked.filter(({ offenders }) => offenders > 0);
}

async function checkOne(
  db: Database | Trx,
  invariant: Invariant,
  { projectId, since, timeoutMs, withoutAccepted = false }: CheckOptions,
): Promise<CheckedInvariant> {
  const { name, rule } = invariant;
  const startedMs = performance.now();
  const sql = questionOf(invariant, {
    isRecent: since !== undefined,
    ofProject: projectId !== undefined,
    withoutAccepted,
  });
  const bindings = { projectId: projectId ?? null, since: since ?? null, name };
  const ask = async (trx: Database | Trx) => (await trx.raw<{ rows: Row[] }>(sql, bindings)).rows;
  const rows = db.isTransaction
    ? await ask(db)
    : await inTransaction(
        db,
        async (trx) => {
          await trx.raw(settings(since !== undefined), [workMemory, timeoutMs ?? null]);
          return ask(trx);
        },
        { isolation: "repeatable read", readOnly: true },
      );
  return {
    name,
    rule,
    offenders: Number(rows[0]?.total ?? 0n),
    examples: rows.map(({ projectId: owner, walletId, id, wrong }) => ({
      projectId: owner,
      walletId,
      id,
      wrong,
    })),
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

interface Row extends Offender {
  readonly total: bigint;
}

/** What is asked of recent rows never pays to read a table from end to end, whatever the statistics say. */
function settings(isRecent: boolean): string {
  return `select set_config('work_mem', ?, true), set_config('enable_seqscan', '${isRecent ? "off" : "on"}', true),
    set_config('statement_timeout', coalesce(?::int::text, current_setting('statement_timeout')), true)`;
}

interface Scope {
  readonly isRecent: boolean;
  readonly ofProject: boolean;
  readonly withoutAccepted: boolean;
}

/** The whole statement, with `:projectId`, `:since` and `:name` to bind. Of each project some, before more of any. */
function questionOf(invariant: Invariant, scope: Scope): string {
  return `${offendersOf(invariant, scope)}
    select project_id as "projectId", wallet_id as "walletId", id, wrong, total from (
      select o.*, count(*) over () as total, row_number() over (partition by project_id) as place from offenders o
    ) counted where place <= ${examplesMax} order by place, project_id limit ${rowsMax}`;
}

/** The `with` list up to `offenders`. */
function offendersOf({ offenders, relations }: Invariant, scope: Scope): string {
  const lists = [ledgerRelations, ...(relations === undefined ? [] : [relations])].map((each) =>
    relationsIn(each, scope),
  );
  return `with ${lists.join(", ")}, offenders as (
    select * from (${offenders}) found
    where ${scope.ofProject ? "project_id = :projectId::uuid" : "true"}
      and ${scope.withoutAccepted ? notAccepted : "true"}
  )`;
}

const notAccepted = `not exists (select from accepted_breaks a where a.project_id = found.project_id
  and a.invariant = :name and a.wallet_id is not distinct from found.wallet_id)`;

function relationsIn(
  { whole, recent }: Relations,
  { isRecent, ofProject }: Pick<Scope, "isRecent" | "ofProject">,
): string {
  if (isRecent) return recent({ since: ":since::timestamptz" });
  return whole({
    inProject: (table) => (ofProject ? `${table}.project_id = :projectId::uuid` : "true"),
  });
}

/**
 * Writes down that an operator knows what breaks these invariants in a project and lets it be: for each, the wallets that
 * break it now.
 */
export async function acceptBreaks(
  trx: Trx,
  invariants: readonly Invariant[],
  { projectId, because }: { readonly projectId: ProjectId; readonly because: string },
): Promise<void> {
  for (const invariant of invariants) {
    const question = offendersOf(invariant, {
      isRecent: false,
      ofProject: true,
      withoutAccepted: true,
    });
    await trx.raw(
      `insert into accepted_breaks (project_id, invariant, wallet_id, because)
       ${question} select distinct project_id, :name, wallet_id, :because from offenders`,
      { projectId, because, name: invariant.name },
    );
  }
}
