import type { ProjectId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";
import type { EventStatus, StripeEventId } from "./rules.js";

export class StripeEventRow extends Row {
  static override readonly tableName = "stripe_events";
  declare readonly id: StripeEventId;
  declare readonly projectId: ProjectId;
  declare readonly accountId: string;
  declare readonly livemode: boolean;
  declare readonly eventId: string;
  declare readonly type: string;
  declare readonly payload: unknown;
  declare readonly status: EventStatus;
  declare readonly reason: string | null;
  declare readonly attempts: number;
  declare readonly nextAttemptAt: Date | null;
  declare readonly receivedAt: Date;
  declare readonly finishedAt: Date | null;
}
