import type { Trx } from "../platform/db/connect.js";

/** The instant that many days from now, by the database's clock: it decides about expiry later. */
export async function selectInstantInDays(trx: Trx, days: number): Promise<Date | undefined> {
  const { rows } = await trx.raw<{ rows: { at: Date }[] }>(
    "select clock_timestamp() + make_interval(days => ?) as at",
    [days],
  );
  return rows[0]?.at;
}
