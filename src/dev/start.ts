import { existsSync } from "node:fs";
import closeWithGrace from "close-with-grace";
import { startProblem } from "../app/run-process.js";
import { createWalletLink } from "../wallets/create-wallet-link.js";
import { openWallet } from "../ledger/open-wallet.js";
import { callApi } from "./call-api.js";
import { printCard } from "./card.js";
import { devFolder } from "./dev-environment.js";
import { demoCustomer, demoPack, seed } from "./seed.js";
import { type Stack, startStack } from "./start-stack.js";
import { printLine, printStep } from "./terminal.js";

const portPreferred = 3_000;
const stopWithinMs = 30_000;
const daySeconds = 86_400;

/** `npm start`: everything in one process until Ctrl-C. `--reset` begins with an empty database. */
try {
  if (existsSync(".env")) process.loadEnvFile(".env");
  const stack = await startStack({
    env: process.env,
    folder: devFolder,
    reset: process.argv.includes("--reset"),
    port: portPreferred,
    onStep: printStep,
  });
  closeWithGrace({ delay: stopWithinMs, logger: false }, async ({ err }) => {
    if (err !== undefined) printLine(startProblem(err));
    printLine("Stopping: finishing what was accepted …");
    await stack.stop();
  });
  await welcome(stack);
} catch (error) {
  process.stderr.write(`${startProblem(error)}\n`);
  process.exit(1);
}

async function welcome(stack: Stack): Promise<void> {
  const { ctx } = stack.running;
  const { project } = stack;
  if (project === undefined || stack.simulator === undefined) {
    printCard(stack, undefined);
    return;
  }
  await seed(ctx, project.id);
  const wallet = await openWallet(ctx.db, project.id, demoCustomer);
  const { checkoutUrl } = await callApi(stack, "POST", "/v1/checkouts", {
    body: { customerId: demoCustomer, creditPackCode: demoPack },
  });
  const { token: agentToken } = await callApi(stack, "POST", "/v1/agent-tokens", {
    body: { customerId: demoCustomer, name: "npm start", perDay: 50, expiresInSeconds: daySeconds },
  });
  const walletUrl = createWalletLink(ctx, wallet, daySeconds).url;
  printCard(stack, { walletUrl, checkoutUrl, agentToken });
}
