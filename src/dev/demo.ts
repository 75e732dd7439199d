import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startProblem } from "../app/run-process.js";
import { formatCredits } from "../kernel/credits.js";
import { present } from "../kernel/assert.js";
import { publicId } from "../kernel/ids.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { invariants } from "../app/invariants.js";
import { checkInvariants } from "../ledger/check-invariants.js";
import { readStatement } from "../ledger/read-statement.js";
import { readWallet } from "../ledger/read-wallet.js";
import { describeTransfer } from "../wallets/rules.js";
import { callApi } from "./call-api.js";
import { devFolder } from "./dev-environment.js";
import { demoCustomer, demoPack, seed } from "./seed.js";
import { spend } from "./spend.js";
import { type Stack, startStack } from "./start-stack.js";
import { paint, printLine, printStep, secondsSinceStart } from "./terminal.js";

const wantedCredits = 547;
const creditedWithinMs = 20_000;
const lookEveryMs = 50;

/** `npm run demo`: the main job once, on real parts, in a database of its own that is thrown away afterwards. */
try {
  const folder = join(devFolder, "demo");
  printLine(paint("bold", "\nFrom 47 to 547: a customer buys 500 credits\n"));
  // A demo shows the embedded default, whatever this shell is set up for.
  const env = { PATH: process.env["PATH"] };
  const stack = await startStack({ env, folder, reset: true, port: 0, onStep: printStep });
  try {
    await play(stack);
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
  sayWhatNext();
} catch (error) {
  process.stderr.write(`${startProblem(error)}\n`);
  process.exit(1);
}

async function play(stack: Stack): Promise<void> {
  const project = present(stack.project, "the stack has a project");
  const simulator = present(stack.simulator, "the demo pays at the simulator");
  const { ctx } = stack.running;
  await seed(ctx, project.id);
  const before = await callApi(stack, "GET", "/v1/wallets/", { rest: demoCustomer });
  printStep(`Pack ${demoPack}: 500 credits for $9.99; ${demoCustomer} has ${before.available}`);
  const checkout = await callApi(stack, "POST", "/v1/checkouts", {
    body: { customerId: demoCustomer, creditPackCode: demoPack },
  });
  printStep(`Checkout Session made with the stripe SDK: ${checkout.id}`);
  await simulator.control.setDelivery({ mode: "hold" });
  const sessionId = present(new URL(checkout.checkoutUrl).pathname.split("/").at(-1), "a session");
  await simulator.control.pay(sessionId, { card: "paid" });
  const held = await simulator.control.heldEvents();
  printStep(`Paid with a test card; Stripe has ${held.length} signed events for us`);
  await simulator.control.flushHeld({ order: [...held.toReversed(), ...held] });
  await waitForCredits(stack);
  printStep(`Each event delivered twice, newest first: the wallet shows ${paint("bold", "547")}`);
  await printStatement(stack);
  await spend(stack);
  await printStatement(stack);
  await printBooks(stack);
}

async function waitForCredits(stack: Stack): Promise<void> {
  const endMs = performance.now() + creditedWithinMs;
  for (;;) {
    const { available } = await callApi(stack, "GET", "/v1/wallets/", { rest: demoCustomer });
    if (available === wantedCredits) return;
    if (performance.now() > endMs)
      throw new Error(`The wallet shows ${available} credits, not ${wantedCredits}.`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function printStatement({ running, project }: Stack): Promise<void> {
  const { db } = running.ctx;
  const { id } = present(project, "the stack has a project");
  const wallet = present(await readWallet(db, id, demoCustomer), "the customer has a wallet");
  const lines = approvedOrThrow(await readStatement(db, wallet.id, { size: 20 })).data;
  printLine(`\n  Statement of ${demoCustomer} (${publicId("wallet", wallet.id)})\n`);
  for (const line of lines.toReversed()) {
    const change = `${line.change > 0n ? "+" : ""}${formatCredits(line.change)}`;
    const at = line.at.toISOString().slice(0, 19).replace("T", " ");
    const balance = formatCredits(line.balances.available);
    printLine(
      `    ${String(line.seq).padStart(2)}  ${at}  ${change.padStart(7)}  ${describeTransfer(line.kind, line.memo).padEnd(44)} available ${balance.padStart(6)}`,
    );
  }
  printLine();
}

async function printBooks({ running }: Stack): Promise<void> {
  const checks = await checkInvariants(running.ctx.db, { invariants });
  const broken = checks.filter((check) => check.offenders > 0);
  if (broken.length > 0)
    throw new Error(`The books do not balance: ${broken.map((check) => check.rule).join("; ")}`);
  printStep(`The books balance: ${checks.length} rules checked, no offender`);
  for (const { rule } of checks) printLine(paint("dim", `    · ${rule}`));
}

function sayWhatNext(): void {
  printLine(`
  Done in ${secondsSinceStart().toFixed(1)} s. Next:

    npm start        the same stack, kept running, with pages to click
    npm test         the proof, on a real Postgres and on both queue backends
    README.md        how to put it in front of your own product
`);
}
