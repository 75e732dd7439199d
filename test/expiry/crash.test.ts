import { afterEach, beforeEach, expect, it } from "vitest";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { walletBook } from "../support/ledger.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import type { Database } from "../../src/platform/db/connect.js";
import { until } from "../support/until.js";
import {
  endGhosts,
  expectCleanBooks,
  holdLock,
  type Scene,
  startScene,
  waitsForLock,
} from "../journeys/crash-scene.js";

/** So long the claim of a scheduler that died keeps the others away. */
const claimSeconds = 15;

let scene: Scene;
beforeEach(async () => {
  scene = await startScene("postgres");
});
afterEach(() => scene.stop());

it("loses nothing and gives nothing back twice when the scheduler is killed in the middle of a sweep", async () => {
  const { db } = scene.database;
  const customers = Array.from({ length: 20 }, (_, n) => `user_${n}`);
  await Promise.all(
    customers.map(async (customerId) => {
      await (await walletBook(db, scene.projectId, customerId)).give(wholeCredits(10));
      const placed = await scene.call("POST", "/v1/holds", { customerId, credits: 4 });
      expect(placed.status).toBe(201);
    }),
  );
  const due = () =>
    db("holds").update({ expires_at: db.raw("clock_timestamp() - interval '1 ms'") });
  const { id: last } = await openWallet(db, scene.projectId, "user_19");
  const lock = await holdLock(scene, "select 1 from wallets where id = ? for update", [last]);
  const victim = await scene.spawn("scheduler");
  await due();
  await waitsForLock(scene, "chargly-scheduler"); // within its transaction, other wallets locked
  await victim.kill();
  await endGhosts(scene, "chargly-scheduler");
  await lock.release();
  const ended = await db("holds").whereNotNull("ended_at").pluck("id");
  expect(ended).toEqual([]);

  await Promise.all([scene.start(["scheduler"]), scene.start(["scheduler"])]);
  await letClaimRunOut(db);
  await until(async () => (await db("holds").whereNull("ended_at")).length === 0, {
    because: "every hold to expire",
  });
  await Promise.all(
    customers.map(async (customerId) => {
      const { json } = await scene.call("GET", `/v1/wallets/${customerId}/transactions`);
      const kinds = Array.isArray(json["data"]) ? json["data"].map(({ kind }) => kind) : [];
      expect(kinds).toEqual(["release", "hold", "promotion"]);
      const wallet = (await scene.call("GET", `/v1/wallets/${customerId}`)).json;
      expect(wallet).toMatchObject({ available: 10, held: 0 });
    }),
  );
  await expectCleanBooks(scene);
}, 90_000);

/** The dead scheduler's claim is in the way, and not for longer than it should be. Then its time passes. */
async function letClaimRunOut(db: Database): Promise<void> {
  const expire = () => db("schedules").where({ name: "holds.expire" });
  const [claim] = await expire().select(
    db.raw(
      "claimed_until between clock_timestamp() and last_started_at + ? * interval '1 s' as bounded",
      [claimSeconds + 1],
    ),
  );
  expect(claim).toEqual({ bounded: true });
  await expire().update({ claimed_until: db.raw("clock_timestamp()") });
}
