import type { Knex } from "knex";

/** What a purchase says was taken back is what its lot has added up from the transfers of the same transaction. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function purchases_reversed_as_posted() returns trigger language plpgsql as $$
    begin
      if new.reversed <> (select coalesce(sum(reversed), 0) from lots where purchase_id = new.id) then
        raise exception 'purchases: what was taken back is what was posted'
          using errcode = 'check_violation', constraint = 'purchases_reversed_as_posted', table = 'purchases';
      end if;
      return null;
    end $$;
    create constraint trigger purchases_reversed_as_posted after update of reversed on purchases
      deferrable initially deferred for each row
      when (new.reversed <> old.reversed) execute function purchases_reversed_as_posted();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger purchases_reversed_as_posted on purchases;
    drop function purchases_reversed_as_posted();
  `);
}
