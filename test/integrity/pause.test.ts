import { afterAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { drainUsageLane } from "../../src/metering/jobs.js";
import { charglyHere } from "../cli/chargly.js";
import { balance, statuses, times, usageApi, wait } from "../metering/usage-api.js";
import { queueBackends } from "../support/queue-backends.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";
import { forge, look } from "./books-api.js";

describe.each(queueBackends)("a project whose books are wrong, queue on %s", (queue) => {
  const api = usageApi({ queue });
  const { customer, send, wallet, applied, stack, db } = api;
  const cli = (...args: string[]) => charglyHere(args, { env: stack().env });
  const event = (customerId: string, id: string) => ({ id, customerId, event: "chat.reply" });
  const hold = (customerId: string, credits: number) =>
    stack().call("POST", "/v1/holds", { customerId, credits });
  const project = () => publicId("project", stack().projectId);

  let victim: string;
  let spender: string;
  let holdId: string;
  afterAll(async () => {
    const { rows } = await db().raw(
      "select count(*)::int as left from projects where paused_at is not null",
    );
    expect(rows).toEqual([{ left: 0 }]);
  });

  it("is paused by the next look, with the reason, once", async () => {
    victim = await customer(10);
    spender = await customer(100);
    holdId = String((await hold(spender, 20)).json["id"]);
    // The schedules look once at the start. A look that is still going on would find it first.
    await until(async () => (await db()("books_checks")).length === 2, {
      because: "the looks at the start to end",
    });
    expect((await look(stack().ctx)).paused).toEqual([]);
    await forge(api, victim, 1);
    const { paused, checked } = await look(stack().ctx);
    expect(paused).toEqual([stack().projectId]);
    expect(checked.filter(({ offenders }) => offenders > 0).map(({ name }) => name)).toEqual([
      "wallet_equals_transfers",
      "wallet_equals_lots",
      "accounts_sum_to_zero",
    ]);
    expect((await look(stack().ctx)).paused).toEqual([]);
    const [row] = await db()("projects").where({ id: stack().projectId });
    expect(row.paused_because).toMatch(
      /^wallet_equals_transfers \(wallet wal_\w+, 1: 11000000 available/,
    );
    const audit = await db()("audit_log").where({ action: "project.pause" });
    expect(audit).toMatchObject([{ actor: "integrity", subject: project() }]);
  });

  it("accepts usage, which waits, and says of whoever wants more at once that it must come later", async () => {
    const taken = await Promise.all(times(20, (n) => send(event(spender, `w${n}`))));
    expect(statuses(taken)).toEqual({ "202 accepted": 20 });
    const refused = [
      await send(event(spender, "now"), wait),
      await send({ ...event(spender, "held"), holdId }),
      await send([event(spender, "listed")], wait),
      await hold(spender, 1),
      await stack().call("POST", `/v1/holds/${holdId}/captures`, { credits: 1 }),
      await stack().call("POST", `/v1/holds/${holdId}/release`, {}),
    ];
    for (const { status, json, headers } of refused) {
      expect([status, json["code"]]).toEqual([503, "project_paused"]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    // Whoever drains the lanes finds nothing, however often it is asked.
    await stack().ctx.ringer.ring(
      drainUsageLane,
      { projectId: project(), lane: 0 },
      { jobId: "again.0" },
    );
    expect(await wallet(spender)).toMatchObject(balance(80, 20));
    expect(await db()("usage_batches").whereNull("applied_at").limit(1)).toHaveLength(1);
    const extended = await stack().call("POST", `/v1/holds/${holdId}/extend`, {
      expiresInSeconds: 3_600,
    });
    expect(extended.status).toBe(200);
  });

  it("takes what is paid and given", async () => {
    await api.give(spender, 5);
    const { sessionId } = await buy(stack(), spender);
    await stack().simulator.control.pay(sessionId, { card: "paid" });
    const isPaid = async () => (await wallet(spender))["available"] === 585;
    await until(isPaid, { because: "the pack to be credited" });
  });

  it("is what doctor, the list of projects and readiness tell", async () => {
    const doctor = (await cli("doctor", "--json", "--no-books")).json();
    const pause = doctor.checks.find((each: { name: string }) => each.name === "pause");
    expect(pause.status).toBe("fail");
    expect(pause.fix).toContain("chargly projects resume");
    expect((await cli("projects", "list", "--json")).json().data).toMatchObject([
      { pausedBecause: expect.stringContaining("wallet_equals_lots") },
    ]);
    const ready = await stack().call("GET", "/readyz");
    expect([ready.status, ready.json["status"]]).toEqual([200, "degraded"]);
  });

  it("does not go on while they are wrong", async () => {
    const ran = await cli("projects", "resume", project(), "--json");
    expect(ran.code).toBe(1);
    expect(ran.json()).toMatchObject({
      status: "paused",
      broken: [{ name: "wallet_equals_transfers", offenders: 1 }, {}, {}],
    });
    expect(ran.error().detail).toContain("--force");
    expect((await send(event(spender, "still"), wait)).status).toBe(503);
  });

  it("goes on once they are right, and applies what waited, each once", async () => {
    await forge(api, victim, -1);
    const ran = await cli("projects", "resume", project(), "--json");
    expect([ran.code, ran.json()]).toEqual([0, { status: "resumed", accepted: [] }]);
    await applied();
    expect(await wallet(spender)).toMatchObject(balance(565, 20));
    expect((await send(event(spender, "now"), wait)).status).toBe(200);
    expect((await send({ ...event(spender, "held"), holdId })).status).toBe(200);
    expect(await wallet(spender)).toMatchObject(balance(564, 19));
    expect((await look(stack().ctx, "whole")).paused).toEqual([]);
    const again = await cli("projects", "resume", project());
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("is not paused")]);
    const audit = await db()("audit_log").where({ action: "project.resume" });
    expect(audit).toHaveLength(1);
  });

  it("goes on by force with a reason, and is paused again by something else only", async () => {
    await forge(api, victim, 1);
    expect((await look(stack().ctx, "whole")).paused).toHaveLength(1);
    expect((await cli("projects", "resume", project(), "--force")).code).toBe(1);
    const forced = ["projects", "resume", project(), "--force", "--reason", "known", "--json"];
    expect((await cli(...forced)).json()).toMatchObject({
      status: "resumed",
      accepted: [{}, {}, {}],
    });
    expect((await look(stack().ctx, "whole")).paused).toEqual([]);
    expect((await send(event(spender, "forced"), wait)).status).toBe(200);
    const other = await customer(3);
    await forge(api, other, 1);
    const { paused, checked } = await look(stack().ctx, "whole");
    expect(paused).toHaveLength(1);
    // The project's accounts were accepted as they are; of the wallets only the new one is told.
    expect(checked.filter(({ offenders }) => offenders > 0)).toMatchObject([
      { name: "wallet_equals_transfers", offenders: 1 },
      { name: "wallet_equals_lots", offenders: 1 },
    ]);
    await forge(api, other, -1);
    await forge(api, victim, -1);
    expect((await cli("projects", "resume", project())).code).toBe(0);
    const audit = await db()("audit_log").where({ action: "project.resume" }).orderBy("created_at");
    expect(audit[1]).toMatchObject({ details: { forcedBecause: "known" } });
  });
});
