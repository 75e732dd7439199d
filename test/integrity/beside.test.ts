import { describe, expect, it } from "vitest";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { queueBackends } from "../support/queue-backends.js";
import { times, usageApi, wait } from "../metering/usage-api.js";

const rounds = 12;

describe.each(queueBackends)("asking the books, queue on %s", (queue) => {
  const { customer, send, stack, applied } = usageApi({ queue });

  it("while everything moves finds nothing wrong, of all or of what changed", async () => {
    const { auditDb: db, invariants } = stack().ctx;
    const customers = await Promise.all(times(4, () => customer(500)));
    const since = new Date(Date.now() - 60_000);
    let isOver = false;
    const use = async (n: number): Promise<void> => {
      for (let round = 0; !isOver; round++) {
        const customerId = customers[n % customers.length];
        const id = `u${n}-${round}`;
        const placed = await stack().call("POST", "/v1/holds", { customerId, credits: 2 });
        const holdId = placed.json["id"];
        await Promise.all([
          send(times(20, (k) => ({ id: `${id}-${k}`, customerId, event: "chat.reply" }))),
          send({ id: `${id}-w`, customerId, event: "agent.run", quantity: 1 }, wait),
          send({
            id: `${id}-h`,
            customerId,
            event: "chat.reply",
            ...(placed.status === 201 ? { holdId } : {}),
          }),
          stack().call("POST", `/v1/wallets/${customerId}/grants`, { credits: 15, reason: "more" }),
        ]);
        if (placed.status === 201)
          await stack().call("POST", `/v1/holds/${String(holdId)}/release`, {});
      }
    };
    const users = Promise.all(times(6, use));
    const looks: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        const looked = await Promise.all([
          checkInvariants(db, { invariants }),
          checkInvariants(db, { invariants, since }),
        ]);
        expect(brokenOf(looked.flat())).toEqual([]);
        looks.push(
          await stack()
            .ctx.db("transfers")
            .count("* as n")
            .then(([row]) => Number(row?.n)),
        );
      }
    } finally {
      isOver = true;
      await users;
    }
    // The books really moved from one look to the next.
    expect(new Set(looks).size).toBeGreaterThan(rounds / 2);
    await applied(60_000);
  }, 120_000);
});
