/**
 * The id of the batch of an event, as SQL: its own with the last two bytes left out, unless it was set aside.
 *
 * @param event its id, as SQL
 */
export const batchOf = (event: string): string =>
  `coalesce((select s.batch_id from usage_set_aside s where s.event_id = ${event}), overlay(${event}::text placing '0000' from 33)::uuid)`;

/** The lowest id of an instant. */
export function idFloor(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
