import { expect, it } from "vitest";
import { charglyHere, newMasterKeys, type Ran } from "../cli/chargly.js";
import { balance, holdsApi } from "./holds-api.js";

const api = holdsApi();
const { customer, held, capture, read } = api;
const run = (line: string): Promise<Ran> =>
  charglyHere(line.split(" "), {
    env: { DATABASE_URL: api.stack().database.url, CHARGLY_MASTER_KEYS: newMasterKeys() },
  });

it("lists the holds of a customer, in words and as the JSON of the API", async () => {
  const customerId = await customer(20);
  const [first, second] = [
    await held(customerId, 5, { description: "a long answer" }),
    await held(customerId, 6),
  ];
  await capture(first, { credits: 5 });
  const all = await run(`holds list --customer ${customerId} --json`);
  expect(all.json()).toMatchObject({
    data: [
      { id: second, state: "open", left: 6 },
      { id: first, state: "captured", captured: 5 },
    ],
    hasMore: false,
  });
  const open = await run(`holds list --customer ${customerId} --state open`);
  expect(open.stdout).toMatch(new RegExp(`^HOLD +STATE.*\n${second} +open +6 +0 +0 `));
  expect(open.stdout).not.toContain(first);
  const page = await run(`holds list --customer ${customerId} --limit 1`);
  expect(page.stdout).toContain("There is more: --cursor ");
  expect((await run("holds list --customer nobody")).stdout).toBe("There is no such hold.\n");
  const wrong = await run(`holds list --customer ${customerId} --state lost`);
  expect(wrong.code).toBe(2);
});

it("shows a hold, and releases it once, with a line in the audit log", async () => {
  const customerId = await customer(20);
  const id = await held(customerId, 5);
  expect((await run(`holds show ${id}`)).stdout).toMatch(/held +5\n/);
  const released = await run(`holds release ${id} --json`);
  expect(released.json()).toMatchObject({ state: "released", balance: balance(20) });
  expect(await read(id)).toMatchObject({ state: "released" });
  const again = await run(`holds release ${id} --json`);
  expect([again.code, again.error().code]).toEqual([1, "hold_not_open"]);
  const audit = await api.db()("audit_log").where({ action: "hold.release" });
  expect(audit).toMatchObject([
    { actor: expect.stringMatching(/^cli:/), subject: id, details: { credits: 5 } },
  ]);
});
