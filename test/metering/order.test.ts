import { describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { times, timesAtOnce, untilApplied, usageApi } from "./usage-api.js";

describe.each(queueBackends)("the order of usage, queue on %s", (queue) => {
  const { customer, send, read, applied, stack, db } = usageApi({ queue });

  it("of a wallet is the order in which it was accepted, with four workers beside each other", async () => {
    const workers = await Promise.all(times(3, () => stack().start(["worker"])));
    const customers = await Promise.all(times(8, () => customer(10_000)));
    await Promise.all(
      customers.map(async (customerId, who) => {
        let n = 0;
        const next = () => ({
          id: `o-${who}-${String(++n).padStart(4, "0")}`,
          customerId,
          event: "chat.reply",
        });
        for (const size of times(30, (round) => ((round + who) % 5 === 0 ? 40 : 1)))
          expect((await send(size === 1 ? next() : times(size, next))).status).toBe(202);
      }),
    );
    await applied();
    const { rows } = await db().raw<{ rows: { sent: string[]; taken: string[] }[] }>(
      `select array_agg(e.key order by e.key) as sent, array_agg(e.key order by t.seq) as taken
       from usage_events e join transfers t on t.cause_id = e.id and t.wallet_id = e.wallet_id
       where e.key like 'o-%' group by e.wallet_id`,
    );
    expect(rows).toHaveLength(8);
    for (const { sent, taken } of rows) {
      expect(sent.length).toBeGreaterThan(200);
      expect(taken).toEqual(sent);
    }
    await Promise.all(workers.map((worker) => worker.stop()));
  }, 60_000);

  it("of several wallets keeps nobody waiting for a busy one, in its lane or in another", async () => {
    const hot = await customer(1_000_000);
    let busy = true;
    let floods = 0;
    // Each goes on when its last list is applied: the lane is always busy, and how far it is behind stays the same.
    const flood = async (who: number): Promise<void> => {
      for (let list = 0; busy; list++) {
        const key = `flood-${who}-${list}`;
        const events = times(500, () => ({ customerId: hot, event: "chat.reply" }));
        expect((await send([...events, { ...events[0], id: key }])).status).toBe(202);
        await untilApplied(db(), 30_000, { key });
        floods++;
      }
    };
    const flooding = Promise.all(times(4, flood));
    await timesAtOnce(12, 4, async (n) => {
      const customerId = await customer(1);
      const id = `quiet-${n}`;
      expect((await send({ id, customerId, event: "chat.reply" })).status).toBe(202);
      await untilApplied(db(), 30_000, { key: id });
      expect(await read(id)).toMatchObject({ status: "applied", credits: 1 });
    });
    busy = false;
    await flooding;
    expect(floods).toBeGreaterThan(2);
    await applied(60_000);
  }, 120_000);
});
