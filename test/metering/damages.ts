import type { Damage } from "../ledger/damages.js";

/**
 * Events by their keys: `full` was applied, `waited` too, `partly` as far as the wallet went, `refused` not at all. An
 * agent's token used `by_agent` and holds of the same wallet.
 */
export const meteringDamages: readonly Damage[] = [
  {
    what: "an event was charged that is not there",
    sql: "delete from usage_events where key = 'full'",
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "an event costs something else",
    sql: "update usage_events set credits = credits + 1 where key = 'waited'",
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "an event was charged before its batch was applied",
    sql: `update usage_batches set applied_at = null
          where id = (select overlay(id::text placing '0000' from 33)::uuid from usage_events where key = 'full')`,
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "an event that was applied was never charged",
    sql: `insert into usage_events (project_id, id, wallet_id, key, event, credits, own_price, rate_card_version)
          select project_id, overlay(id::text placing '0077' from 33)::uuid, wallet_id, 'lost', event, credits, own_price,
            rate_card_version
          from usage_events where key = 'full';
          update usage_batches set last_id = overlay(id::text placing '0077' from 33)::uuid
          where id = (select overlay(id::text placing '0000' from 33)::uuid from usage_events where key = 'full')`,
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "an event took less than its outcome says",
    sql: "update usage_outcomes set taken = taken + 1 where event_id = (select id from usage_events where key = 'partly')",
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "a rejected event took something after all",
    sql: "delete from usage_outcomes where event_id = (select id from usage_events where key = 'refused')",
    foundBy: ["event_has_its_transfers"],
  },
  {
    what: "an agent's token counts less than it took",
    sql: "update spend_limits set total_spent = total_spent - 1 where only_wallet_id is not null",
    foundBy: ["budget_equals_taken"],
  },
  {
    what: "an agent's token took something of another wallet",
    sql: `update spend_limits set only_wallet_id =
            (select wallet_id from usage_events where key = 'full')
          where only_wallet_id is not null`,
    foundBy: ["token_keeps_to_its_wallet"],
  },
  {
    what: "a batch disappears",
    sql: `delete from usage_batches
          where id = (select overlay(id::text placing '0000' from 33)::uuid from usage_events where key = 'waited')`,
    foundBy: ["event_has_its_transfers"],
  },
];
