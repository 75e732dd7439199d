import { expect } from "vitest";
import type { Agent } from "./clients.js";

/**
 * What an agent does on a day that ends well: it looks, asks the price, holds, captures, works until its credits run out, gets
 * a link, waits for a person to pay, and goes on. Its wallet has 10 credits at the beginning; images cost 4 each.
 */
export async function agentsDay(
  { client, call }: Agent,
  pay: (checkoutUrl: string) => Promise<void>,
): Promise<void> {
  await client.listTools(); // the client checks what tools answer against what they said they would
  const wallet = await call("get_wallet");
  expect(wallet.data).toMatchObject({ available: 10, held: 0, debt: 0, frozenSince: null });

  const quote = await call("quote_cost", { event: "image.generate", quantity: 1 });
  expect(quote.data).toMatchObject({ credits: 4, affordable: true, shortBy: 0 });

  const held = await call("create_hold", { credits: 5, description: "a long answer" });
  expect(held.data).toMatchObject({ state: "open", left: 5, balance: { available: 5, held: 5 } });
  const { holdId } = held.data;
  const captured = await call("capture_hold", { holdId, credits: 2.5 });
  expect(captured.data).toMatchObject({ credits: 2.5, balance: { available: 7.5, held: 0 } });

  const first = await call("meter_event", { event: "image.generate", quantity: 1 });
  expect(first.data).toMatchObject({ credits: 4, balance: { available: 3.5 } });
  const again = { event: "image.generate", quantity: 1, eventId: String(first.data["eventId"]) };
  expect((await call("meter_event", again)).data).toMatchObject({ credits: 4 });

  const eventId = `picture-of-${String(holdId)}`;
  const poor = await call("meter_event", { event: "image.generate", quantity: 1, eventId });
  expect(poor.isError).toBe(true);
  expect(poor.data).toMatchObject({
    code: "insufficient_credits",
    outcome: "refused",
    available: 3.5,
    shortBy: 0.5,
    checkoutUrl: expect.stringMatching(/^http/),
  });
  expect(poor.text).toContain(String(poor.data["checkoutUrl"]));

  const { data: sale } = await call("list_credit_packs");
  expect(sale).toMatchObject({ packs: [{ code: "starter-500", credits: 500 }] });
  const checkout = await call("create_checkout", { creditPackCode: "starter-500" });
  const { checkoutId, checkoutUrl } = checkout.data;
  const open = await call("get_checkout_status", { checkoutId });
  expect(open.data).toMatchObject({ status: "pending", settled: false });
  const waiting = call("get_checkout_status", { checkoutId, waitSeconds: 25 });
  await pay(String(checkoutUrl));
  expect((await waiting).data).toMatchObject({ status: "paid", settled: true, credits: 500 });

  const retried = { event: "image.generate", quantity: 1, eventId: `${eventId}-again` };
  expect((await call("meter_event", retried)).data).toMatchObject({
    credits: 4,
    balance: { available: 499.5 },
  });
  const why = await call("explain_charge", { credits: 2.5 });
  expect(why.data).toMatchObject({ credits: -2.5, hold: { holdId, description: "a long answer" } });
}
