import { countUnsettled } from "../../../checkout/count-unsettled.js";
import { invariants } from "../../invariants.js";
import { checkInvariants } from "../../../ledger/check-invariants.js";
import { measureBacklog } from "../../../metering/measure-backlog.js";
import { closeDatabase } from "../../../platform/db/connect.js";
import { connectForAudit } from "../../../platform/db/connect-for-audit.js";
import { measureInbox } from "../../../stripe-events/measure-inbox.js";
import type { CommandContext } from "../command-context.js";
import { type Check, check, ok, skipped, warn } from "./check.js";
import { listPausedProjects } from "../../../tenancy/read-project.js";
import { judgeBooks, judgeInbox, judgePauses, judgeUsage } from "./rules.js";

const pausedMax = 20;

/** What was bought and credited. */
export async function checkMoney(
  ctx: CommandContext,
  { withBooks }: { readonly withBooks: boolean },
): Promise<readonly Check[]> {
  return [
    await check("inbox", "Check the database.", async () => judgeInbox(await measureInbox(ctx))),
    await check("quarantine", "Check the database.", async () => {
      const { open, quarantined } = await countUnsettled(ctx);
      const detail = `${quarantined} purchases held back, ${open} open`;
      return quarantined === 0
        ? ok(detail)
        : warn(detail, "Look at them: chargly purchases quarantined");
    }),
    await check("usage", "Check the database.", async () => judgeUsage(await measureBacklog(ctx))),
    await check("pause", "Check the database.", async () =>
      judgePauses(await listPausedProjects(ctx, { limit: pausedMax })),
    ),
    withBooks
      ? await check("books", "Run it again in a quiet hour, or with --no-books.", () =>
          lookAtBooks(ctx),
        )
      : { name: "books", ...skipped("--no-books") },
  ];
}

async function lookAtBooks({ databaseUrl, log }: CommandContext) {
  const db = connectForAudit({ url: databaseUrl, applicationName: "chargly-doctor", log });
  try {
    return judgeBooks(await checkInvariants(db, { invariants }));
  } finally {
    await closeDatabase(db);
  }
}
