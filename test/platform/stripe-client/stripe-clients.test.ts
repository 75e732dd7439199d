import { startSimulator } from "@chargly/stripe-simulator";
import { expect, it } from "vitest";
import { createStripeClients } from "../../../src/platform/stripe-client/stripe-clients.js";

const loopback = "http://127.0.0.1:1";
const platform = { secretKey: "sk_test_platform", connectedAccount: null };
const connected = { ...platform, connectedAccount: "acct_1" };

it("gives one client for the same credentials, and another for another key or account", () => {
  const clients = createStripeClients(loopback);
  const client = clients(platform);
  expect(clients({ ...platform })).toBe(client);
  const others = [connected, { ...connected, connectedAccount: "acct_2" }];
  const all = [platform, ...others, { ...platform, secretKey: "sk_test_other" }].map(clients);
  expect(new Set(all).size).toBe(4);
  expect(clients({ ...connected })).toBe(clients(connected));
});

it("does not mix up a key and an account that read the same when put together", () => {
  const clients = createStripeClients(loopback);
  const one = clients({ secretKey: "sk_test_a", connectedAccount: "b" });
  expect(clients({ secretKey: "sk_test_ab", connectedAccount: null })).not.toBe(one);
  expect(clients({ secretKey: "sk_test_", connectedAccount: "ab" })).not.toBe(one);
});

it.each(["sk_live_abc", "rk_live_abc"])(
  "never sends %s anywhere but to Stripe, and does not repeat it in the refusal",
  (secretKey) => {
    const clients = createStripeClients(loopback);
    expect(() => clients({ secretKey, connectedAccount: null })).toThrow("goes to Stripe alone");
    expect(() => clients({ secretKey, connectedAccount: null })).not.toThrow(secretKey);
    expect(createStripeClients(undefined)({ secretKey, connectedAccount: null })).toBeDefined();
  },
);

it("keeps at most a thousand clients, and serves on beyond that", () => {
  const clients = createStripeClients(loopback);
  const first = clients(platform);
  for (let n = 0; n < 1_000; n++) clients({ ...platform, secretKey: `sk_test_${n}` });
  expect(clients(platform)).not.toBe(first);
  expect(clients(platform)).toBe(clients(platform));
});

it("asks where it was told to, with the key and for the account of the credentials", async () => {
  const simulator = await startSimulator();
  try {
    const clients = createStripeClients(simulator.url);
    const own = await clients(platform).accounts.retrieveCurrent();
    const theirs = await clients(connected).accounts.retrieveCurrent();
    expect(own.id).toBe((await simulator.control.account(platform.secretKey))["id"]);
    expect(theirs.id).toBe("acct_1");
  } finally {
    await simulator.stop();
  }
});
