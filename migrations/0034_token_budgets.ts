import type { Knex } from "knex";

/**
 * The budget of an agent's token is there with the token, for the token's own wallet, and stays as it was made; only its
 * end may come earlier. The checks come after the update, as those of wallets do.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table api_keys add constraint api_keys_with_wallet unique (id, wallet_id);
    alter table spend_limits
      add constraint spend_limits_wallet_of_token
        foreign key (api_key_id, only_wallet_id) references api_keys (id, wallet_id),
      add constraint spend_limits_budget_whole check (
        case when only_wallet_id is null
          then call_max is null and total_max is null and total_spent = 0 and ends_at is null
          else api_key_id is not null and ends_at is not null
        end
      );

    create trigger spend_limits_budget_fixed after update on spend_limits for each row
      when (old.only_wallet_id is not null and (
        (old.project_id, old.subject_id, old.api_key_id, old.only_wallet_id)
          is distinct from (new.project_id, new.subject_id, new.api_key_id, new.only_wallet_id)
        or (old.call_max, old.minute_max, old.day_max, old.month_max, old.total_max)
          is distinct from (new.call_max, new.minute_max, new.day_max, new.month_max, new.total_max)
        or new.ends_at > old.ends_at
      ))
      execute function ledger_refuse('the budget of a token is fixed when it is made, and it ends no later');
    create trigger spend_limits_budget_kept before delete on spend_limits for each row
      when (old.only_wallet_id is not null)
      execute function ledger_refuse('the budget of a token is kept');

    create function token_has_budget() returns trigger language plpgsql as $$
    begin
      if not exists (select from spend_limits where subject_id = new.id and only_wallet_id = new.wallet_id) then
        raise exception 'an agent''s token has a budget for its wallet'
          using errcode = 'check_violation', constraint = tg_name, table = tg_table_name;
      end if;
      return null;
    end $$;
    create constraint trigger api_keys_token_has_budget after insert on api_keys
      deferrable initially deferred for each row when (new.kind = 'agent')
      execute function token_has_budget();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger api_keys_token_has_budget on api_keys;
    drop function token_has_budget();
    drop trigger spend_limits_budget_kept on spend_limits;
    drop trigger spend_limits_budget_fixed on spend_limits;
    alter table spend_limits
      drop constraint spend_limits_budget_whole, drop constraint spend_limits_wallet_of_token;
    alter table api_keys drop constraint api_keys_with_wallet;
  `);
}
