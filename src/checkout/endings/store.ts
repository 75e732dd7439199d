import type { PurchaseId } from "../../kernel/ids.js";
import type { Database } from "../../platform/db/connect.js";
import type { Purchase } from "../rules.js";

/** As many characters as the row takes. */
const problemLengthMax = 500;

/** Stops looking at a purchase by itself, and says why. Its state stays: an event or a person may still settle it. */
export async function stopChecks(
  db: Database,
  { id, revision }: Pick<Purchase, "id" | "revision">,
  problem: string,
): Promise<void> {
  await db.raw(
    `update purchases
     set problem = ?, next_check_at = null, revision = revision + 1, updated_at = clock_timestamp()
     where id = ? and revision = ? and (next_check_at is not null or problem is distinct from ?)`,
    [problem, id, revision.toString(), problem],
  );
}

/** Ends a purchase that has no session and will get none. One that got a session meanwhile is left alone. */
export async function failUnopened(db: Database, id: PurchaseId, problem: string): Promise<void> {
  await db.raw(
    `update purchases
     set state = 'failed', problem = ?, next_check_at = null, revision = revision + 1, updated_at = clock_timestamp()
     where id = ? and state = 'created' and checkout_session_id is null`,
    [problem.slice(0, problemLengthMax), id],
  );
}

/** Ends purchases whose session was never made within a day: nobody was given anything that could be paid. */
export async function expireNeverOpened(db: Database): Promise<void> {
  await db.raw(
    `update purchases
     set state = 'expired', problem = 'The checkout was never opened at Stripe.', next_check_at = null,
         revision = revision + 1, updated_at = clock_timestamp()
     where next_check_at is not null and state = 'created' and checkout_session_id is null
       and created_at < clock_timestamp() - interval '1 day'`,
  );
}
