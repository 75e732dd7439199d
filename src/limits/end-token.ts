import { present } from "../kernel/assert.js";
import type { ApiKeyId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { updateTokenEnd } from "./store.js";

/**
 * Ends an agent's token under the lock that its spends take: once this is committed, every spend, hold and capture with
 * it is either over, or refused. One that has ended before keeps its time. Of a hold that it placed, what is left can
 * still be captured or released with other keys.
 *
 * @returns when the token ended, by the database's clock
 */
export async function endToken(trx: Trx, keyId: ApiKeyId): Promise<Date> {
  return present(await updateTokenEnd(trx, keyId), "an agent's token has a budget");
}
