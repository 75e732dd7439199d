import { present } from "../kernel/assert.js";
import { inTransaction } from "../platform/db/transaction.js";
import { publishRateCard } from "../rating/publish-rate-card.js";
import { callApi } from "./call-api.js";
import { demoRates, demoCustomer } from "./seed.js";
import type { Stack } from "./start-stack.js";
import { paint, printLine, printStep } from "./terminal.js";

const appliedWithinMs = 20_000;
const lookEveryMs = 20;

/** What the customer does with the credits: usage that is waited for, usage that is not, and a hold. */
export async function spend(stack: Stack): Promise<void> {
  const customerId = demoCustomer;
  const { id: projectId } = present(stack.project, "the stack has a project");
  const { rateCard } = await inTransaction(stack.running.ctx.db, (trx) =>
    publishRateCard(trx, projectId, demoRates, "environment"),
  );
  printStep(`Rate card version ${rateCard.version}: chat by its tokens, 4 credits an image`);
  const properties = { inputTokens: 1_200, outputTokens: 350 };
  const chat = await callApi(stack, "POST", "/v1/usage", {
    body: { id: "chat-1", customerId, event: "chat.reply", properties },
    headers: { prefer: "wait" },
  });
  printStep(`A chat reply, waited for: ${chat.status}, ${chat.credits} credits`);
  const image = { id: "image-1", customerId, event: "image.generate", quantity: 2 };
  for (const _time of ["sent", "and sent again"])
    await callApi(stack, "POST", "/v1/usage", { body: image });
  await waitFor(stack, image.id);
  printStep("Two images, sent twice with one id: applied once by a worker");
  const held = { customerId, credits: 20, description: "a long video" };
  const hold = await callApi(stack, "POST", "/v1/holds", { body: held });
  const captured = await callApi(stack, "POST", "/v1/holds/", {
    rest: `${hold.id}/captures`,
    body: { credits: 12.5, close: true },
  });
  printStep(`A hold of 20 credits: ${captured.credits} used, the rest given back`);
  const { transactions } = await callApi(stack, "GET", "/v1/usage/", { rest: "chat-1" });
  const rest = `${present(transactions[0], "the reply has a transaction")}/explain`;
  const { sentence } = await callApi(stack, "GET", "/v1/transactions/", { rest });
  printStep("Why was I charged for that reply?");
  printLine(paint("dim", `    ${sentence}`));
}

async function waitFor(stack: Stack, id: string): Promise<void> {
  const endMs = performance.now() + appliedWithinMs;
  for (;;) {
    const { status } = await callApi(stack, "GET", "/v1/usage/", { rest: id });
    if (status === "applied") return;
    if (performance.now() > endMs) throw new Error(`The usage ${id} is still ${status}.`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
