import type { ProjectId, WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { ledgerInvariants } from "./invariants/index.js";
import type { Invariant, Relation } from "./invariants/invariant.js";
import { clearAside, layAside } from "./invariants/recent-scope.js";
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
  /** For each statement. The connection's own bound by our clock must be higher; see `connectForAudit`. */
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
 * Asks the database for whatever breaks an invariant, and writes nothing. Writers beside it cause no false alarm and
 * wait for nothing. Given a transaction, it asks within that.
 *
 * Of everything, each is one statement in a read-only transaction of its own, so that dead rows are not kept for longer
 * than one question takes: some seconds per invariant and million transfers. Of what changed `since` a moment, all are
 * asked on one snapshot, of what was laid aside first.
 */
export async function checkInvariants(
  db: Database | Trx,
  options: CheckOptions = {},
): Promise<readonly CheckedInvariant[]> {
  const { since } = options;
  if (since !== undefined) return checkRecent(db, { ...options, since });
  if (db.isTransaction) return askEach(db, options);
  return inTurn(options, (invariant) =>
    inTransaction(
      db,
      async (trx) => {
        await setBounds(trx, options);
        return checkOne(trx, invariant, options);
      },
      { isolation: "repeatable read", readOnly: true },
    ),
  );
}

async function checkRecent(
  db: Database | Trx,
  options: CheckOptions & { readonly since: Date },
): Promise<readonly CheckedInvariant[]> {
  const relations = relationsOf(options.invariants ?? ledgerInvariants);
  if (db.isTransaction) {
    await layAside(db, relations, options.since);
    const checked = await askEach(db, options);
    await clearAside(db, relations);
    return checked;
  }
  return inTransaction(
    db,
    async (trx) => {
      await setBounds(trx, options);
      await layAside(trx, relations, options.since);
      await trx.raw("set transaction read only");
      return askEach(trx, options);
    },
    { isolation: "repeatable read" },
  );
}

function askEach(trx: Database | Trx, options: CheckOptions): Promise<readonly CheckedInvariant[]> {
  return inTurn(options, (invariant) => checkOne(trx, invariant, options));
}

async function inTurn(
  { invariants = ledgerInvariants, signal }: CheckOptions,
  ask: (invariant: Invariant) => Promise<CheckedInvariant>,
): Promise<readonly CheckedInvariant[]> {
  const checked: CheckedInvariant[] = [];
  for (const invariant of invariants) {
    signal?.throwIfAborted();
    checked.push(await ask(invariant));
  }
  return checked;
}

/** The invariants among these that something breaks. */
export function brokenOf(checked: readonly CheckedInvariant[]): readonly CheckedInvariant[] {
  return checked.filter(({ offenders }) => offenders > 0);
}

async function checkOne(
  trx: Database | Trx,
  invariant: Invariant,
  { projectId, since, withoutAccepted = false }: CheckOptions,
): Promise<CheckedInvariant> {
  const { name, rule } = invariant;
  const startedMs = performance.now();
  const sql = questionOf(invariant, {
    isRecent: since !== undefined,
    ofProject: projectId !== undefined,
    withoutAccepted,
  });
  const bindings = { projectId: projectId ?? null, name };
  const { rows } = await trx.raw<{ rows: Row[] }>(sql, bindings);
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

async function setBounds(trx: Trx, { timeoutMs }: CheckOptions): Promise<void> {
  await trx.raw(
    `select set_config('work_mem', ?, true),
      set_config('statement_timeout', coalesce(?::int::text, current_setting('statement_timeout')), true)`,
    [workMemory, timeoutMs ?? null],
  );
}

interface Scope {
  readonly isRecent: boolean;
  readonly ofProject: boolean;
  readonly withoutAccepted: boolean;
}

/** The whole statement, with `:projectId` and `:name` to bind. Of each project some, before more of any. */
function questionOf(invariant: Invariant, scope: Scope): string {
  return `${offendersOf(invariant, scope)}
    select project_id as "projectId", wallet_id as "walletId", id, wrong, total from (
      select o.*, count(*) over () as total, row_number() over (partition by project_id) as place from offenders o
    ) counted where place <= ${examplesMax} order by place, project_id limit ${rowsMax}`;
}

/** The `with` list up to `offenders`. What is recent stands in tables of the same names. */
function offendersOf({ offenders, relations = [] }: Invariant, scope: Scope): string {
  const inProject = (table: string) =>
    scope.ofProject ? `${table}.project_id = :projectId::uuid` : "true";
  const lists = [...ledgerRelations, ...relations].flatMap(({ name, whole }) =>
    scope.isRecent || whole === undefined
      ? []
      : [`${name} as not materialized (${whole({ inProject })}), `],
  );
  return `with ${lists.join("")}offenders as (
    select * from (${offenders}) found
    where ${scope.ofProject ? "project_id = :projectId::uuid" : "true"}
      and ${scope.withoutAccepted ? notAccepted : "true"}
  )`;
}

/** All that these read, each once. */
function relationsOf(invariants: readonly Invariant[]): readonly Relation[] {
  const needed = [...ledgerRelations, ...invariants.flatMap(({ relations = [] }) => relations)];
  return [...new Map(needed.map((relation) => [relation.name, relation])).values()];
}

const notAccepted = `not exists (select from accepted_breaks a where a.project_id = found.project_id
  and a.invariant = :name and a.wallet_id is not distinct from found.wallet_id)`;

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
