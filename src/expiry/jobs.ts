import { findDueHolds, findWalletsWithDueLots } from "../ledger/find-due.js";
import type { Context } from "../platform/context.js";
import { defineSchedule } from "../platform/schedules/define-schedule.js";
import { endHold, expireCredits } from "./rules.js";
import { sweepWallets } from "./sweep-wallets.js";

/** So long nobody takes over from a scheduler that died in the middle. A run is over well before. */
const runMsMax = 15_000;

/** Gives back what holds have left when their time is over. */
export const expireHolds = defineSchedule({
  name: "holds.expire",
  everySeconds: 1,
  timeoutMs: runMsMax,
  run: async ({ db }: Pick<Context, "db">, tools) => {
    const holds = await sweepWallets(db, { find: findDueHolds, movementOf: endHold }, tools);
    if (holds > 0) tools.log.info({ holds }, "holds expired");
  },
});

/** Lets credits whose time is over leave wallets that nothing else touches. */
export const expireLots = defineSchedule({
  name: "lots.expire",
  everySeconds: 2,
  timeoutMs: runMsMax,
  run: async ({ db }: Pick<Context, "db">, tools) => {
    const sweep = { find: findWalletsWithDueLots, movementOf: expireCredits };
    const wallets = await sweepWallets(db, sweep, tools);
    if (wallets > 0) tools.log.info({ wallets }, "credits expired");
  },
});
