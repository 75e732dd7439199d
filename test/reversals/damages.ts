import type { Damage } from "../ledger/damages.js";

/** A refund of `:refunding` is under way: it is not known whether Stripe has it. */
export const refundDamages: readonly Damage[] = [
  {
    what: "a refund failed and its credits stay aside",
    sql: "update refunds set state = 'failed', finished_at = now() where purchase_id = :refunding",
    foundBy: ["refund_reserve_has_its_refund"],
  },
  {
    what: "a refund that credits are set aside for disappears",
    sql: "delete from refunds where purchase_id = :refunding",
    foundBy: ["refund_reserve_has_its_refund"],
  },
  {
    what: "more is set aside than the refund takes",
    sql: "update refunds set credits = credits - 1 where purchase_id = :refunding",
    foundBy: ["refund_reserve_has_its_refund"],
  },
];
