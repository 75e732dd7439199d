import type { Damage } from "./damages.js";

/** `:fifth` bought three times, and money of the first two purchases went back and came again. */
export const reversalDamages: readonly Damage[] = [
  {
    what: "less was reversed of a purchase",
    sql: "update lots set reversed = reversed - 1 where wallet_id = :fifth and reversed > 0",
    foundBy: ["lot_reversed_equals_transfers"],
  },
  {
    what: "something was reversed of a gift",
    sql: "update lots set reversed = 1 where wallet_id = :second",
    foundBy: ["lot_reversed_equals_transfers"],
  },
  {
    what: "a reversal says less than it took",
    sql: "update reversals set amount = amount - 1 where wallet_id = :fifth and amount > 0",
    foundBy: ["reversal_equals_transfers"],
  },
  {
    what: "a reversal was never moved",
    sql: `insert into reversals (project_id, wallet_id, id, purchase_id, number, amount, because)
          select project_id, wallet_id, gen_random_uuid(), purchase_id, 99, 5, 'a test' from reversals
          where wallet_id = :fifth and amount = 30`,
    foundBy: ["reversal_equals_transfers"],
  },
  {
    what: "a reversal disappears",
    sql: "delete from reversals where wallet_id = :fifth and amount = 10",
    foundBy: [
      "lot_reversed_equals_transfers",
      "reversal_equals_transfers",
      "reversal_returns_what_it_took",
    ],
  },
  {
    what: "what was owed for one purchase was given back to the lots of another",
    sql: `update reversals set number = 9 where wallet_id = :fifth and amount = -10
            and purchase_id = (select purchase_id from lots where wallet_id = :fifth and lot_no = 1);
          update reversals set purchase_id = (select purchase_id from lots where wallet_id = :fifth and lot_no = 1)
            where wallet_id = :fifth and amount = -10 and number = 2;
          update reversals set purchase_id = (select purchase_id from lots where wallet_id = :fifth and lot_no = 2)
            where wallet_id = :fifth and number = 9`,
    foundBy: ["reversal_returns_what_it_took"],
  },
  {
    what: "a debt was paid by another lot than it was returned to",
    sql: `update transfers set lot_no = 2 where wallet_id = :fifth and kind = 'debt_repayment' and lot_no = 3;
          update lots set remaining = remaining + case lot_no when 2 then -5 else 5 end
          where wallet_id = :fifth and lot_no in (2, 3)`,
    foundBy: ["repayment_returned_to_its_lot"],
  },
];
