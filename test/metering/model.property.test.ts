import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { naiveUsage, type Sent } from "./naive-usage.js";
import { type Json, ndjson, usageApi, wait } from "./usage-api.js";

const names = ["chat.reply", "image.generate", "video.render", "agent.run", "unheard.of"] as const;
const sent = fc.record({
  id: fc.nat({ max: 30 }).map(String),
  event: fc.constantFrom(...names),
  quantity: fc.nat({ max: 4 }),
  own: fc.option(fc.nat({ max: 5 }), { freq: 4 }),
});
const ways = ["one", "list", "lines"] as const;
const amount = fc.integer({ min: 1, max: 12 });
const use = fc.record({
  type: fc.constant("use" as const),
  way: fc.constantFrom(...ways),
  waits: fc.boolean(),
  events: fc.array(sent, { minLength: 1, maxLength: 6 }),
});
const step = fc.oneof(
  { weight: 8, arbitrary: use },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("grant" as const), credits: amount }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("hold" as const), credits: amount }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("release" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("capture" as const), event: sent, credits: amount }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Use = Extract<Step, { type: "use" }>;

describe.each(queueBackends)("random usage, queue on %s", (queue) => {
  const { customer, give, send, read, wallet, applied, stack, db } = usageApi({ queue });

  const toJson = (customerId: string, { id, event, quantity, own, holdId }: Sent): Json => ({
    id,
    customerId,
    event,
    quantity,
    ...(own === null ? {} : { credits: own }),
    ...(holdId === undefined ? {} : { holdId }),
  });

  /** Sends the events of a step in its way and answers what became of them, by the words of the naive wallet. */
  async function sendStep(customerId: string, { way, waits }: Use, events: readonly Sent[]) {
    const bodies = events.map((event) => toJson(customerId, event));
    const headers = waits ? wait : {};
    if (way === "one") {
      const { status, json } = await send(bodies[0], headers);
      if (status === 409) return { conflicts: 1 };
      if (json["status"] === "duplicate") return { duplicates: 1 };
      return { [status < 300 ? "taken" : "refused"]: 1 };
    }
    const lines = bodies.map((body) => JSON.stringify(body)).join("\n");
    const { status, json } =
      way === "list" ? await send(bodies, headers) : await send(lines, { ...headers, ...ndjson });
    expect(status).toBeLessThan(300);
    const many = (name: string) => (Array.isArray(json[name]) ? json[name].length : 0);
    return {
      taken: Number(json["accepted"]) + Number(json["applied"]),
      refused: many("rejected"),
      duplicates: many("duplicates"),
      conflicts: many("conflicts"),
    };
  }

  type Run = {
    readonly customerId: string;
    readonly paper: ReturnType<typeof naiveUsage>;
    /** The event with an id of this run. */
    readonly named: (event: Omit<Sent, "holdId">) => Sent;
  };

  async function useAndCompare({ customerId, paper, named }: Run, each: Use): Promise<void> {
    const events = each.events.slice(0, each.way === "one" ? 1 : each.events.length).map(named);
    const keepsRefused = !each.waits || each.way !== "one";
    const expected = events.map((event) => paper.use(event, keepsRefused));
    const answered = await sendStep(customerId, each, events);
    // One that is waited for again is answered as the first time.
    if (each.way === "one" && each.waits) return;
    const of = (word: string) => expected.filter((end) => end === word).length;
    const later = each.waits ? 0 : of("refused");
    // Whoever does not wait is told that it was accepted before, not how it ended.
    const again = each.waits ? of("refused again") : 0;
    expect({ taken: 0, refused: 0, duplicates: 0, conflicts: 0, ...answered }).toEqual({
      taken: of("applied") + later,
      refused: of("refused") - later + again,
      duplicates: of("duplicate") + of("refused again") - again,
      conflicts: of("conflict"),
    });
  }

  async function holdAndCompare({ customerId, paper }: Run, credits: number): Promise<void> {
    const { status, json } = await stack().call("POST", "/v1/holds", { customerId, credits });
    expect(status).toBe(paper.canHold(credits) ? 201 : 402);
    if (status === 201) paper.hold(String(json["id"]), credits);
  }

  async function endHold({ customerId, paper, named }: Run, each: Step): Promise<void> {
    const holdId = paper.openHold();
    if (holdId === undefined) return;
    if (each.type === "release") {
      await stack().call("POST", `/v1/holds/${holdId}/release`, {});
      paper.release(holdId);
    } else if (each.type === "capture") {
      const event = { ...named(each.event), own: each.credits, holdId };
      const end = paper.use(event, false);
      const { status } = await send(toJson(customerId, event));
      if (end !== "duplicate" && end !== "refused again")
        expect(status).toBe(end === "applied" ? 200 : 409);
    }
  }

  async function play(run: Run, each: Step): Promise<void> {
    // What is applied at once comes after what was accepted before it.
    if (each.type !== "use" || each.waits) await applied();
    if (each.type === "use") await useAndCompare(run, each);
    else if (each.type === "hold") await holdAndCompare(run, each.credits);
    else if (each.type === "grant") {
      await give(run.customerId, each.credits);
      run.paper.grant(each.credits);
    } else await endHold(run, each);
  }

  it("of one wallet, sent one request after the other, ends as on paper", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 16 }), async (steps) => {
        const customerId = await customer();
        const paper = naiveUsage();
        const prefix = `${queue}-${++runs}`;
        const named: Run["named"] = (event) => ({ ...event, id: `${prefix}-${event.id}` });
        for (const each of steps) await play({ customerId, paper, named }, each);
        await applied();
        expect(await wallet(customerId)).toMatchObject(paper.wallet());
        const kept = paper.kept();
        const keys = await db()("usage_events").where("key", "like", `${prefix}-%`).pluck("key");
        expect(keys.toSorted()).toEqual([...kept.keys()].toSorted());
        for (const [id, ended] of kept) expect(await read(id)).toMatchObject(ended);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  }, 60_000);

  it("of several wallets, sent all at once beside grants and holds, conserves every credit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 40 }),
        fc.nat(),
        async (steps, seed) => {
          const customers = await Promise.all([customer(5), customer(20), customer()]);
          let given = 25;
          const work = steps.map(async (each, n) => {
            const customerId = customers[(n + seed) % customers.length] ?? "";
            if (each.type === "grant") {
              await give(customerId, each.credits);
              given += each.credits;
            } else if (each.type === "hold") {
              const { status, json } = await stack().call("POST", "/v1/holds", {
                customerId,
                credits: each.credits,
              });
              if (status === 201 && each.credits % 2 === 0)
                await stack().call("POST", `/v1/holds/${String(json["id"])}/release`, {});
            } else if (each.type === "use") {
              const events = each.events.map((event) => ({
                ...event,
                id: `${seed}-${customerId}-${event.id}`,
              }));
              await sendStep(customerId, each, events);
            }
          });
          await Promise.all(work);
          await applied();
          const wallets = await Promise.all(customers.map((each) => wallet(each)));
          const left = wallets.reduce((sum, { total }) => sum + Number(total), 0);
          const { rows } = await db().raw<{ rows: { taken: number }[] }>(
            `select coalesce(sum(t.amount), 0)::float8 / 1000000 as taken from transfers t
           join wallets w on w.id = t.wallet_id
           where w.customer_id = any(?) and t.kind in ('spend', 'overdraft', 'capture')`,
            [customers],
          );
          expect(left + Number(rows[0]?.taken)).toBe(given);
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  }, 60_000);
});
