import type { Knex } from "knex";

/** Events about refunds and disputes that were kept for the version that handles them: this one. The sweep finds them. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    update stripe_events
    set status = 'received', reason = null, attempts = 0, finished_at = null, next_attempt_at = clock_timestamp()
    where status = 'unhandled' and type in
      ('charge.refunded', 'charge.refund.updated', 'refund.created', 'refund.updated', 'refund.failed',
       'charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.funds_withdrawn',
       'charge.dispute.funds_reinstated', 'charge.dispute.closed');
  `);
}

/** An older version marks what it cannot handle by itself. */
export async function down(): Promise<void> {}
