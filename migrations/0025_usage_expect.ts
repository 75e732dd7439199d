import type { Knex } from "knex";

/**
 * Refuses a transaction whose last statement found something else than was assumed: a key that was known, or a newer
 * rate card. It is sent together with the commit, so nobody is there to look at its answer.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function usage_expect(as_expected boolean) returns void language plpgsql as $$
    begin
      if as_expected is distinct from true then
        raise exception 'usage is not as it was expected to be'
          using errcode = 'check_violation', constraint = 'usage_as_expected', table = 'usage_events';
      end if;
    end $$;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop function usage_expect(boolean)");
}
