import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro, wholeCredits } from "../../src/kernel/credits.js";
import { type ApiKeyId, type HoldId, newId, type ProjectId } from "../../src/kernel/ids.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { decideRelease } from "../../src/ledger/decide-hold.js";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { endToken } from "../../src/limits/end-token.js";
import { readTokenBudget } from "../../src/limits/read-token-budget.js";
import type { TokenBudgetOrder } from "../../src/limits/rules.js";
import { insertAgentToken } from "../support/agent-token.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { until } from "../support/until.js";
import { apply, capturing, holding, releasing, spending } from "./limits-api.js";

let fresh: FreshDatabase;
let projectId: ProjectId;
beforeAll(async () => {
  fresh = await freshDatabase();
  projectId = await insertProject(fresh.db);
});
afterAll(() => fresh.drop());

const [one, two] = [wholeCredits(1), wholeCredits(2)];
const [five, ten] = [wholeCredits(5), wholeCredits(10)];

let customers = 0;
/** A customer with 1,000 credits, and a token of theirs. */
async function agent(
  budget: Partial<Pick<TokenBudgetOrder, "perCall" | "perDay" | "total" | "endsAt">>,
) {
  const book = await walletBook(fresh.db, projectId, `user_${customers++}`);
  await book.give(1_000);
  const keyId = await insertAgentToken(fresh.db, { projectId, walletId: book.walletId }, budget);
  const left = () => readTokenBudget(fresh.db, keyId);
  return {
    ...book,
    keyId,
    left,
    /** The sum of spends and holds that count, as the row has it: day, total. */
    counted: async () => {
      const { perDay, total } = await left();
      return [perDay.spent, total.spent];
    },
    do: (...movements: Movement[]) => apply(fresh.db, movements),
  };
}

const counts = (told: readonly string[]) =>
  Object.fromEntries(
    [...new Set(told)].map((word) => [word, told.filter((t) => t === word).length]),
  );

/** The refusal that a movement meets. */
async function refusalOf(movement: Movement) {
  const [verdict] = await fresh.db.transaction((trx) => applyMovements(trx, [movement]));
  if (verdict === undefined || verdict.approved) throw new Error("it was not refused");
  const { code, details } = verdict.refusal;
  return { code, ...details.extra, detail: details.detail };
}

const by = (keyId: ApiKeyId, movement: Movement): Movement => ({ ...movement, apiKeyId: keyId });

const tomorrow = (movement: Movement): Movement => ({
  ...movement,
  decide: (book, asked) =>
    movement.decide(book, { ...asked, now: new Date(asked.now.getTime() + 86_400_000) }),
});

const expiring = (movement: Movement): Movement => ({
  ...movement,
  decide: (book, asked) => {
    const holdId = movement.holdId;
    const hold = holdId === undefined || holdId === null ? undefined : book.holds.get(holdId);
    if (hold === undefined) return movement.decide(book, asked);
    return decideRelease(book, { ...asked, now: hold.expiresAt, holdId: hold.id, expired: true });
  },
});

describe("an agent's token with a total of 10", () => {
  it("places exactly 10 of 200 holds of 1 at once", async () => {
    const { walletId, keyId, do: act, counted, left } = await agent({ total: ten });
    // As many at once as there are connections.
    const told: string[] = [];
    const holder = async () => {
      for (let turn = 0; turn < 20; turn++)
        told.push(...(await act(holding(walletId, newId("hold"), one, keyId))));
    };
    await Promise.all(Array.from({ length: 10 }, holder));
    expect(counts(told)).toEqual({ done: 10, agent_budget: 190 });
    expect(await counted()).toEqual([ten, ten]);
    expect((await left()).total).toEqual({ limit: ten, spent: ten, remaining: 0n });
  });

  it("counts spends and holds in one batch, and off what holds give back: released, expired, left over", async () => {
    const { walletId, keyId, do: act, counted } = await agent({ total: ten });
    const [a, b, c] = [newId("hold"), newId("hold"), newId("hold")];
    const place = (id: typeof a) => holding(walletId, id, two, keyId);
    expect(await act(place(a), place(b), place(c), spending(walletId, two, keyId))).toEqual([
      "done",
      "done",
      "done",
      "done",
    ]);
    expect(await act(spending(walletId, wholeCredits(3), keyId))).toEqual(["agent_budget"]);
    await act(releasing(walletId, a), expiring(releasing(walletId, b)));
    expect(await counted()).toEqual([wholeCredits(4), wholeCredits(4)]);
    await act(capturing(walletId, c, one), releasing(walletId, c));
    expect(await counted()).toEqual([wholeCredits(3), wholeCredits(3)]);
    expect(await act(spending(walletId, wholeCredits(7), keyId))).toEqual(["done"]);
    expect(await act(spending(walletId, micro(1n), keyId))).toEqual(["agent_budget"]);
  });

  it("counts off the total what a hold of another day gives back, and not off that day", async () => {
    const { walletId, keyId, do: act, counted } = await agent({ total: ten, perDay: ten });
    const hold = newId("hold");
    await act(holding(walletId, hold, five, keyId));
    await act(tomorrow(spending(walletId, two, keyId)), tomorrow(releasing(walletId, hold)));
    expect((await counted())[1]).toBe(two);
    const row = await fresh.db("spend_limits").where({ subject_id: keyId }).first();
    expect(BigInt(row.day_spent)).toBe(two);
  });

  it("counts what it took of an event that takes what is there", async () => {
    const { walletId, keyId, take, do: act, counted } = await agent({ total: ten, perCall: five });
    await take(997);
    const upTo: Movement = {
      ...spending(walletId, ten, keyId),
      decide: (book, asked) =>
        decideSpend(book, {
          ...asked,
          amount: ten,
          shortfall: { policy: "upToAvailable" },
          cause: { type: "usage", id: newId("usageEvent") },
          memo: null,
        }),
    };
    expect(await act(upTo)).toEqual(["done"]);
    expect(await counted()).toEqual([wholeCredits(3), wholeCredits(3)]);
  });
});

describe("an agent's token that spends, holds, captures and releases on many connections", () => {
  it("never takes more than its total, and counts exactly what left its wallet", async () => {
    const { walletId, keyId, wallet, left } = await agent({ total: wholeCredits(60) });
    const open: HoldId[] = [];
    const most = { spent: 0n };
    const turns = [
      () => [spending(walletId, two, keyId)],
      () => {
        const id = newId("hold");
        open.push(id);
        return [holding(walletId, id, five, keyId), spending(walletId, one, keyId)];
      },
      () => open.splice(0, 1).map((id) => by(keyId, capturing(walletId, id, two))),
      () => open.splice(0, 2).map((id) => by(keyId, releasing(walletId, id))),
      () => open.splice(0, 1).map((id) => expiring(releasing(walletId, id))),
    ];
    const actor = async (first: number) => {
      for (let turn = 0; turn < 25; turn++) {
        const movements = turns[(first + turn * 3) % turns.length]?.() ?? [];
        if (movements.length > 0) await apply(fresh.db, movements);
        const { total } = await left();
        if (total.spent > most.spent) most.spent = total.spent;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, first) => actor(first)));
    const { available } = await wallet();
    const { spent } = (await left()).total;
    expect(spent).toBe(wholeCredits(1_000) - available);
    // It was at the end of its budget, and never beyond.
    expect([most.spent > wholeCredits(55), most.spent <= wholeCredits(60)]).toEqual([true, true]);
  });
});

describe("an agent's token with 5 a day", () => {
  it("spends exactly 5 of 40 spends of 1 at once, and says when it may go on", async () => {
    const { walletId, keyId, do: act, left } = await agent({ perDay: five });
    const told = await Promise.all(
      Array.from({ length: 40 }, () => act(spending(walletId, one, keyId))),
    );
    expect(counts(told.flat())).toEqual({ done: 5, key_spend_limit: 35 });
    const refusal = await refusalOf(spending(walletId, one, keyId));
    expect(refusal).toMatchObject({ code: "key_spend_limit", period: "day", limit: 5, spent: 5 });
    expect(refusal.detail).toContain("This agent token may spend 5 credits per day");
    const { perDay, total } = await left();
    expect(perDay).toMatchObject({ limit: five, spent: five, remaining: 0n });
    expect(perDay.resetsAt.toISOString()).toMatch(/T00:00:00\.000Z$/);
    expect(total).toEqual({ limit: null, spent: five, remaining: null });
  });
});

describe("an agent's token", () => {
  it("touches no wallet but its own, not even for nothing", async () => {
    const [own, other] = [await agent({}), await agent({})];
    const told = await own.do(
      spending(other.walletId, one, own.keyId),
      spending(other.walletId, micro(0n), own.keyId),
      holding(other.walletId, newId("hold"), one, own.keyId),
      spending(own.walletId, one, own.keyId),
    );
    expect(told).toEqual(["forbidden", "forbidden", "forbidden", "done"]);
  });

  it("uses no hold but its own, whoever else may", async () => {
    const { walletId, keyId, do: act } = await agent({ total: one });
    const [theirs, own] = [newId("hold"), newId("hold")];
    expect(await act(holding(walletId, theirs, ten), holding(walletId, own, one, keyId))).toEqual([
      "done",
      "done",
    ]);
    const told = await act(
      by(keyId, capturing(walletId, theirs, five)),
      by(keyId, releasing(walletId, theirs)),
      by(keyId, capturing(walletId, own, one)),
      capturing(walletId, theirs, five),
    );
    expect(told).toEqual(["forbidden", "forbidden", "done", "done"]);
  });

  it("takes no more with a capture than with one call, and nothing more once it has ended", async () => {
    const { walletId, keyId, do: act, counted } = await agent({ perCall: five });
    const holds = [newId("hold"), newId("hold"), newId("hold")] as const;
    const taking = holds.map((id) => takingMore(holding(walletId, id, two, keyId)));
    await act(...taking);
    await act(by(keyId, capturing(walletId, holds[0], wholeCredits(6))));
    expect(await counted()).toEqual([wholeCredits(6), wholeCredits(6)]);
    await act(by(keyId, capturing(walletId, holds[1], five)));
    expect(await counted()).toEqual([wholeCredits(9), wholeCredits(9)]);
    await fresh.db.transaction((trx) => endToken(trx, keyId));
    expect(await act(by(keyId, capturing(walletId, holds[2], five)))).toEqual(["forbidden"]);
    // Somebody else may still capture what was set aside for it, and no more than that.
    expect(await act(capturing(walletId, holds[2], five))).toEqual(["done"]);
    expect(await counted()).toEqual([wholeCredits(9), wholeCredits(9)]);
  });

  it("spends nothing once its time is over, by the database's clock", async () => {
    const { walletId, keyId, do: act } = await agent({ endsAt: new Date(Date.now() - 1) });
    expect(await act(spending(walletId, one, keyId))).toEqual(["forbidden"]);
    const refusal = await refusalOf(holding(walletId, newId("hold"), one, keyId));
    expect(refusal.detail).toContain("has ended");
  });

  it("that was ended keeps its first end", async () => {
    const { keyId } = await agent({});
    const end = () => fresh.db.transaction((trx) => endToken(trx, keyId));
    const first = await end();
    expect([await end(), (await readTokenBudget(fresh.db, keyId)).endsAt]).toEqual([first, first]);
  });
});

const takingMore = (movement: Movement): Movement => ({
  ...movement,
  decide: (book, asked) => {
    const verdict = movement.decide(book, asked);
    if (!verdict.approved) return verdict;
    const newHolds = verdict.value.newHolds.map((hold) => ({
      ...hold,
      overCapture: "upToAvailable" as const,
    }));
    return { approved: true, value: { ...verdict.value, newHolds } };
  },
});

describe("from its end on", () => {
  it("nothing is spent with a token that was ended while it spent", async () => {
    const { walletId, keyId, wallet } = await agent({});
    const spender = async () => {
      for (;;) {
        const [told] = await apply(fresh.db, [spending(walletId, one, keyId)]);
        if (told !== "done") return told;
      }
    };
    const running = Promise.all(Array.from({ length: 8 }, spender));
    await until(async () => (await wallet()).seq > 20n, { because: "spends to run" });
    const endedAt = await fresh.db.transaction((trx) => endToken(trx, keyId));
    const { seq } = await wallet();
    expect(new Set(await running)).toEqual(new Set(["forbidden"]));
    expect((await wallet()).seq).toBe(seq);
    const late = await fresh
      .db("transfers")
      .where({ wallet_id: walletId })
      .where("created_at", ">", endedAt);
    expect(late).toEqual([]);
  });

  it("a spend that read the clock before, and waited for the token's row, is refused", async () => {
    const { walletId, keyId, do: act } = await agent({});
    const trx = await fresh.db.transaction();
    await trx("spend_limits").where({ subject_id: keyId }).forUpdate();
    const spend = act(spending(walletId, one, keyId));
    await until(async () => (await fresh.db("pg_locks").where({ granted: false })).length > 0, {
      because: "the spend to wait for the token's row",
    });
    await endToken(trx, keyId);
    await trx.commit();
    expect(await spend).toEqual(["forbidden"]);
  });
});
