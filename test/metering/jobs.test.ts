import { describe, expect, it } from "vitest";
import { newId, publicId } from "../../src/kernel/ids.js";
import { queueBackends } from "../support/queue-backends.js";
import { until } from "../support/until.js";
import { balance, times, usageApi } from "./usage-api.js";

describe.each(queueBackends)("usage.apply jobs, queue on %s", (queue) => {
  const { customer, send, read, wallet, applied, stack, db } = usageApi({ queue });
  const project = () => publicId("project", stack().projectId);
  const usageQueue = () => stack().ctx.engine.queue("usage");
  const add = (payload: unknown) => usageQueue().add("usage.apply", payload);
  /** Why a job failed, once it did. */
  const failure = (jobId: string | undefined): Promise<string> =>
    until(
      async () => {
        const job = await usageQueue().getJob(jobId ?? "");
        // The reason was read with the job, which may have failed only after that.
        return (await job?.isFailed()) && job?.failedReason !== "" ? job?.failedReason : undefined;
      },
      { because: `job ${jobId} to fail` },
    );

  it("that are poisoned die alone and say why, while the good ones beside them are applied", async () => {
    const customerId = await customer(1_000);
    const good = (n: number) => ({
      projectId: project(),
      events: [{ id: `good-${n}`, customerId, event: "chat.reply" }],
    });
    const many = (count: number) =>
      times(count, (n) => ({ id: `many-${n}`, customerId, event: "chat.reply" }));
    await send({ id: "taken", customerId, event: "chat.reply" });
    const poison: readonly (readonly [unknown, RegExp])[] = [
      [null, /payload is not valid/],
      ["usage", /payload is not valid/],
      [{ projectId: project(), events: [] }, /payload is not valid/],
      [{ projectId: project(), events: many(1_001) }, /payload is not valid/],
      [{ ...good(0), admin: true }, /payload is not valid/],
      [{ projectId: "1 or 1=1", events: good(0).events }, /payload is not valid/],
      [{ projectId: publicId("project", newId("project")), events: good(0).events }, /not_found/],
      [
        { projectId: project(), events: [{ id: "p", customerId, event: "x", credits: -1 }] },
        /payload is not valid/,
      ],
      [
        { projectId: project(), events: [{ id: "taken", customerId, event: "image.generate" }] },
        /1 of 1 events were not taken.*taken/,
      ],
    ];
    const jobs: (readonly [string | undefined, RegExp])[] = [];
    for (const [n, [payload, why]] of poison.entries()) {
      jobs.push([(await add(payload)).id, why]);
      await add(good(n));
    }
    for (const [id, why] of jobs) expect(await failure(id)).toMatch(why);
    const lastGood = `good-${poison.length - 1}`;
    await until(async () => (await read(lastGood))["status"] === "applied", {
      because: `${lastGood} to be applied`,
    });
    await applied();
    expect(await db()("usage_events").where("key", "like", "good-%")).toHaveLength(poison.length);
    expect(await db()("usage_events").where("key", "like", "many-%")).toEqual([]);
    expect(await wallet(customerId)).toMatchObject(balance(1_000 - poison.length - 1));
  });

  it("take 1,000 events, once however often the job comes", async () => {
    const customerId = await customer(1_000);
    const events = times(1_000, (n) => ({ id: `k-${n}`, customerId, event: "chat.reply" }));
    for (const _ of times(3, () => 0)) await add({ projectId: project(), events });
    await until(async () => (await read("k-999"))["status"] === "applied", {
      because: "the last event to be applied",
    });
    await applied();
    expect(await wallet(customerId)).toMatchObject(balance(0));
  });

  it("name each of their events: a job may run twice, and must not charge twice", async () => {
    const customerId = await customer(10);
    const events = [{ customerId, event: "chat.reply" }];
    const { id } = await add({ projectId: project(), events });
    expect(await failure(id)).toMatch(/payload is not valid.*\bid\b/is);
    expect(await wallet(customerId)).toMatchObject(balance(10));
  });

  it("capture the hold that an event names, as over HTTP", async () => {
    const customerId = await customer(10);
    const hold = await stack().call("POST", "/v1/holds", { customerId, credits: 6 });
    const holdId = hold.json["id"];
    const event = { id: "held-1", customerId, event: "image.generate", quantity: 2, holdId };
    await add({ projectId: project(), events: [event] });
    await until(async () => (await read("held-1"))["status"] === "applied", {
      because: "the capture",
    });
    expect(await wallet(customerId)).toMatchObject(balance(4, 1));
    expect(await read("held-1")).toMatchObject({ credits: 5, balance: balance(4, 1) });
  });

  it("redeem the quote that an event names, as over HTTP", async () => {
    const customerId = await customer(10);
    const asked = { customerId, event: "image.generate", quantity: 2, freezeSeconds: 600 };
    const quote = await stack().call("POST", "/v1/quotes", asked);
    const { quoteId } = quote.json;
    for (const n of [1, 2]) {
      const event = {
        id: `quoted-${n}`,
        customerId,
        event: "image.generate",
        quantity: 2,
        quoteId,
      };
      await add({ projectId: project(), events: [event] });
      await until(async () => typeof (await read(`quoted-${n}`))["appliedAt"] === "string", {
        because: `the end of quoted-${n}`,
      });
    }
    expect((await read("quoted-1"))["status"]).toBe("applied");
    expect(await read("quoted-2")).toMatchObject({
      status: "rejected",
      rejection: { code: "quote_redeemed" },
    });
    expect(await wallet(customerId)).toMatchObject(balance(5));
  });

  it("are counted like usage over HTTP", async () => {
    const customerId = await customer(10);
    const accepted = () => metric("usage_accepted_events_total");
    const before = await accepted();
    await add({
      projectId: project(),
      events: [{ id: "counted", customerId, event: "chat.reply" }],
    });
    await until(async () => (await read("counted"))["status"] === "applied", {
      because: "the counted event",
    });
    expect(await accepted()).toBe(before + 1);
  });
  const metric = async (name: string): Promise<number> => {
    const text = await stack().ctx.metrics.render();
    const line = text.split("\n").find((each) => each.startsWith(`${name} `));
    return Number(line?.split(" ")[1] ?? 0);
  };
});
