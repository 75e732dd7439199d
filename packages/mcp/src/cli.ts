#!/usr/bin/env node
import { runStdio } from "./stdio/run-stdio.js";
import { version } from "./version.js";

const help = `chargly-mcp ${version}: Chargly's tools for an MCP client, over stdin and stdout.

An MCP client starts it; its configuration sets:
  CHARGLY_URL           where Chargly answers, such as https://credits.example.com
  CHARGLY_TOKEN         an agent token (chg_agent_…) or an operator token (chg_operator_…)
  CHARGLY_CUSTOMER_ID   only with a secret key instead of a token: whose wallet it is about

Options:
  --operator            with a secret key: the tools of operators, for the whole project
  --help, --version
`;

const [option, ...more] = process.argv.slice(2);
if (option === "--help" || option === "-h") process.stdout.write(help);
else if (option === "--version") process.stdout.write(`${version}\n`);
else if ((option !== undefined && option !== "--operator") || more.length > 0) {
  process.stderr.write(`chargly-mcp takes no such arguments. See chargly-mcp --help.\n`);
  process.exitCode = 1;
} else {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (!(await runStdio({ env: process.env, say, isOperator: option === "--operator" })))
    process.exitCode = 1;
}
