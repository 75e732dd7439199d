import type { Invariant } from "../../ledger/invariants/invariant.js";

/** - `refunds_under_way`: refunds that are not finished; lately: those of the purchases that something is set aside for */
export const refundReserveHasItsRefund: Invariant = {
  name: "refund_reserve_has_its_refund",
  rule: "what is set aside for a refund is no more than a refund of that purchase that is under way takes",
  relations: [
    {
      name: "refunds_under_way",
      whole: ({ inProject }) =>
        `select * from refunds where finished_at is null and ${inProject("refunds")}`,
      recent: () => `
  select r.* from seen_holds h
  cross join lateral (
    select * from refunds where purchase_id = h.purchase_id and finished_at is null offset 0
  ) r
  where h.purpose = 'refund' and h.ended_at is null`,
    },
  ],
  offenders: `
    select h.project_id, h.wallet_id, h.id::text as id,
      case when r.id is null then format('%s set aside for a refund of the purchase %s, and none is under way',
          h.placed - h.released, h.purchase_id)
        else format('%s set aside for the refund %s, which takes %s', h.placed - h.released, r.id, r.credits) end as wrong
    from seen_holds h left join refunds_under_way r on r.purchase_id = h.purchase_id
    where h.purpose = 'refund' and h.ended_at is null
      and (r.id is null or r.wallet_id <> h.wallet_id or r.project_id <> h.project_id
        or h.placed - h.released > r.credits)`,
};
