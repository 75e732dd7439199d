import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createControl, startSimulator } from "../src/index.js";
import { eventTypes, openSimulator, paidSession, sdk } from "./open-simulator.js";

const world = openSimulator();

describe("the world", () => {
  it("keeps its objects over a restart when it has a state file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "simulator-"));
    const stateFile = join(folder, "state.json");
    const first = await startSimulator({ stateFile });
    const { session, charge } = await paidSession(first, sdk(first));
    await first.stop();
    expect(JSON.parse(await readFile(stateFile, "utf8"))).toMatchObject({ version: 1 });
    const second = await startSimulator({ stateFile });
    const stripe = sdk(second);
    expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe("paid");
    expect((await stripe.refunds.create({ charge })).status).toBe("succeeded");
    expect(await eventTypes(stripe, 4)).toEqual(["refund.created", "charge.refunded"]);
    await second.stop();
    await rm(folder, { recursive: true });
  });

  it("is driven from another process by its address alone, and forgets everything on reset", async () => {
    const simulator = await startSimulator();
    const control = createControl(simulator.url);
    const stripe = sdk(simulator);
    const account = await control.account("sk_test_simulator");
    expect((await stripe.accounts.retrieveCurrent()).id).toBe(account["id"]);
    const customer = await stripe.customers.create();
    await control.reset();
    await expect(stripe.customers.retrieve(customer.id)).rejects.toMatchObject({ statusCode: 404 });
    await simulator.stop();
    await simulator.stop();
  });

  it("listens on loopback only", async () => {
    const host = JSON.parse('"0.0.0.0"');
    await expect(startSimulator({ host })).rejects.toThrow("loopback");
  });

  it("does not let a web page of another origin drive it", async () => {
    const response = await fetch(`${world.simulator.url}/_control/reset`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: "[]",
    });
    expect(response.status).toBe(415);
  });
});
