import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRun, readRuns } from "../../src/reconciliation/read-runs.js";
import { buy } from "../support/stack.js";
import { everythingBut, type Scene, startReconcileScene } from "./scene.js";

describe("what no webhook told", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startReconcileScene();
  });
  afterAll(() => scene.stop());

  it("is healed in one cycle, exactly: webhooks dropped for an hour, and 100 events never generated", async () => {
    const { control } = scene.simulator;
    const bought: string[] = [];
    const pay = async (customer: string) => {
      const { sessionId } = await buy(scene, customer);
      await control.pay(sessionId);
      bought.push(customer);
    };
    await control.suppressEvents({ count: 100 });
    for (let n = 0; n < 30; n++) await pay(`unheard_${n}`);
    const generated = (await control.events()).length;
    for (let n = 0; n < 10; n++) await pay(`dropped_${n}`);
    await scene.later(3_600);

    const events = await scene.run("events");
    const objects = await scene.run("objects");
    expect(events.counts.ingested).toBeGreaterThan(generated);
    expect(objects.counts).toMatchObject({ payments: 40, found: 40, healed: 40 });
    for (const customer of bought) {
      const { json } = await scene.call("GET", `/v1/wallets/${customer}/transactions`);
      expect(json["data"]).toMatchObject([{ kind: "purchase", credits: 500 }]);
    }
    const found = await scene.found();
    expect(found.map((each) => [each.class, each.state])).toEqual(
      bought.map(() => ["missing_grant", "healed"]),
    );
    expect(found.every(({ healedCredits }) => healedCredits === 500_000_000n)).toBe(true);
    expect(objects.sums).toEqual({ usd: { charged: 39_960n, booked: 39_960n } });

    const [last, first] = (await readRuns(scene.ctx.db, { projectId: scene.projectId, size: 2 }))
      .data;
    expect([last, first]).toEqual([objects, events]);
    const paged = await readRuns(scene.ctx.db, { ring: "events", size: 1 });
    expect(paged).toMatchObject({ data: [{ id: events.id }], hasMore: false });
    expect(await readRun(scene.ctx.db, events.id)).toEqual(events);

    const before = await everythingBut(scene, scene.projectId);
    const again = await scene.run("full");
    expect(again.counts.found ?? 0).toBe(0);
    expect(again.sums).toMatchObject({ usd: { charged: 39_960n, balanceCharged: 39_960n } });
    expect((await scene.run("events")).counts.ingested ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  });
});
