import { present } from "../../kernel/assert.js";
import type { Trx } from "./connect.js";

/** The instant that many days from now, by the database's clock: it decides about expiry later. Null stays null. */
export async function instantInDays(trx: Trx, days: number | null): Promise<Date | null> {
  if (days === null) return null;
  const { rows } = await trx.raw<{ rows: { at: Date }[] }>(
    "select clock_timestamp() + make_interval(days => ?) as at",
    [days],
  );
  return present(rows[0], "now has an answer").at;
}
