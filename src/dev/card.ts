import { demoCustomer, demoPack } from "./seed.js";
import type { Stack } from "./start-stack.js";
import { paint, printLine } from "./terminal.js";

/** What the demo customer has: a wallet to look at, a checkout that waits to be paid, and an agent. */
export interface CardLinks {
  readonly walletUrl: string;
  readonly checkoutUrl: string;
  /** May take 50 credits a day, until tomorrow. */
  readonly agentToken: string;
}

/** All that a person needs to begin, on one screen. */
export function printCard(stack: Stack, links: CardLinks | undefined): void {
  const { ctx } = stack.running;
  const url = ctx.publicUrl;
  printLine();
  printLine(paint("bold", `  Chargly is running on ${url}`));
  printLine();
  for (const [name, value] of facts(stack, links)) printLine(`  ${name.padEnd(14)} ${value}`);
  if (links !== undefined) printFirstCall(stack);
  printLine();
  printLine(stack.simulator === undefined ? usesStripe(url) : toRealStripe);
  printLine();
  printLine(paint("dim", "  Ctrl-C stops it; the data stays. `npm start -- --reset` begins anew."));
  printLine();
}

function facts(
  { running, env, simulator, secrets, embedded }: Stack,
  links: CardLinks | undefined,
): readonly (readonly [string, string])[] {
  const { publicUrl, engine, config } = running.ctx;
  const password = embedded && env["OPERATOR_PASSWORD"] === secrets.operatorPassword;
  return [
    ["API", `${publicUrl}/v1`],
    ["API key", embedded ? (env["PROJECT_API_KEY"] ?? "") : "npx chargly keys create"],
    ...linkFacts(links, publicUrl),
    ["Operators", paint("cyan", `${publicUrl}/ops`)],
    ["Bull Board", `${paint("cyan", `${publicUrl}/ops/queues`)}  (queue on ${engine.kind})`],
    [
      "  sign in",
      `${config.operator.user} / ${password ? secrets.operatorPassword : "your OPERATOR_PASSWORD"}`,
    ],
    [
      "Stripe",
      simulator === undefined
        ? "the account of STRIPE_SECRET_KEY"
        : `simulator on ${simulator.url}, no money moves`,
    ],
  ];
}

function linkFacts(
  links: CardLinks | undefined,
  publicUrl: string,
): readonly (readonly [string, string])[] {
  if (links === undefined) return [];
  return [
    ["Wallet page", paint("cyan", links.walletUrl)],
    ["Checkout", paint("cyan", links.checkoutUrl)],
    ["MCP", `${publicUrl}/mcp`],
    ["  agent token", links.agentToken],
  ];
}

function printFirstCall({ running, env }: Stack): void {
  const head = [
    `      -H "Authorization: Bearer ${env["PROJECT_API_KEY"] ?? ""}" \\`,
    `      -H "Content-Type: application/json" \\`,
  ];
  const { publicUrl } = running.ctx;
  printLine();
  printLine(
    `  Open the links to buy credits as ${demoCustomer} would, or start a checkout yourself:`,
  );
  printLine();
  printLine(
    [
      `    curl -s ${publicUrl}/v1/checkouts \\`,
      ...head,
      `      -d '{"customerId": "${demoCustomer}", "creditPackCode": "${demoPack}"}'`,
    ].join("\n"),
  );
  printLine();
  printLine("  Or meter what it did, and wait for the outcome:");
  printLine();
  printLine(
    [
      `    curl -s ${publicUrl}/v1/usage -H "Prefer: wait" \\`,
      ...head,
      `      -d '{"id": "run-1", "customerId": "${demoCustomer}", "event": "chat.reply", "credits": 0.5}'`,
    ].join("\n"),
  );
}

const toRealStripe = `  To use a Stripe test account instead:
    STRIPE_SECRET_KEY=sk_test_… npm start      then, in another terminal:
    npx chargly stripe connect                 or: stripe listen --forward-to <API>/stripe/webhooks/<project>`;

function usesStripe(url: string): string {
  return `  Stripe must reach this machine: run \`npx chargly stripe connect --webhook-url https://<public address>\`,
  or \`stripe listen --forward-to ${url}/stripe/webhooks/<project>\` with its secret in STRIPE_WEBHOOK_SECRET.`;
}
