import type { Scene } from "./scene.js";

/** Does something while another transaction has the wallet. */
export async function whileLocked<T>(
  { db }: Scene,
  customerId: string,
  work: () => Promise<T>,
): Promise<T> {
  const trx = await db.transaction();
  await trx("wallets").where({ customer_id: customerId }).forUpdate();
  try {
    return await work();
  } finally {
    await trx.rollback();
  }
}
