import type { Command } from "commander";
import { z } from "zod";
import { type ProjectId, publicId } from "../../../kernel/ids.js";
import { Refusal } from "../../../kernel/refusals.js";
import { webAddress } from "../../../platform/config/readers.js";
import { type Project, stripeKeyMode } from "../../../tenancy/rules.js";
import {
  type Answer,
  argument,
  type Cli,
  type ProjectOption,
  wholeNumber,
  withProject,
} from "../cli.js";
import type { CommandContext } from "../command-context.js";
import { failureOf } from "../failure.js";
import { type ConnectOrder, type ConnectReport, connectStripe } from "./connect-stripe.js";
import { createSteps, type Step } from "./steps.js";

interface ConnectOptions extends ProjectOption {
  readonly key?: string;
  readonly account?: string;
  readonly webhookUrl?: string;
  readonly event: boolean;
  readonly waitSeconds: number;
}

const waitSecondsDefault = 30;
const accountId = z
  .string()
  .regex(/^acct_[A-Za-z0-9]{4,64}$/, { error: "An account's id begins with acct_." });
const examples = `
The key is taken from --key, else from STRIPE_SECRET_KEY, else from a prompt or a pipe. Prefer the latter two:
other users of this machine can see arguments.
With STRIPE_WEBHOOK_SECRET beside STRIPE_SECRET_KEY, that signing secret is used and no endpoint is made, as for
\`stripe listen\`.

Examples:
  $ chargly stripe connect --webhook-url https://credits.example.com
  $ pass show stripe/restricted | chargly stripe connect --project my-product
  $ chargly stripe connect --account acct_1234567890`;

export function addStripe(program: Command, cli: Cli): void {
  const stripe = program.command("stripe").description("The project's connection to Stripe.");
  withProject(stripe.command("connect"))
    .description(
      "Check what the key may do, make or verify the webhook endpoint, store both, and send one event through.",
    )
    .option("--key <key>", "secret or restricted key; - reads standard input")
    .option(
      "--account <acct>",
      "connected account that the payments belong to",
      argument(accountId),
    )
    .option(
      "--webhook-url <url>",
      "where Stripe reaches web: its origin, or the whole address; PUBLIC_URL without it",
      argument(webAddress),
    )
    .option("--no-event", "send no event through, for when web does not run yet")
    .option(
      "--wait-seconds <seconds>",
      "how long to wait for the event",
      wholeNumber(1, 600),
      waitSecondsDefault,
    )
    .addHelpText("after", examples)
    .action(async (options: ConnectOptions) =>
      cli.runIn(options, async (ctx, project) => connect(ctx, project, options, cli)),
    );
}

async function connect(
  ctx: CommandContext,
  project: Project,
  options: ConnectOptions,
  cli: Cli,
): Promise<Answer> {
  const { secretKey, isFromEnvironment } = await readKey(ctx, project, options, cli);
  const { account, webhookSecrets } = ctx.config.stripe;
  const order: ConnectOrder = {
    project,
    secretKey,
    // What the environment says beside its key belongs to that key, and to no other.
    connectedAccount: options.account ?? (isFromEnvironment ? account : undefined) ?? null,
    webhookUrl: webhookUrlOf(options.webhookUrl, ctx.publicUrl, project.id),
    webhookSecrets: isFromEnvironment ? webhookSecrets.map((secret) => secret.reveal()) : [],
    sendsEvent: options.event,
    waitMs: options.waitSeconds * 1_000,
  };
  const steps = createSteps((step) => {
    if (!cli.isJson()) cli.terminal.out(stepLine(step, cli));
  });
  try {
    const report = await connectStripe(ctx, order, steps);
    const json = { ...reportJson(project, order, steps.done), ...madeJson(report) };
    return { json, text: `${project.name} is connected to Stripe.\n` };
  } catch (error) {
    const permissions = error instanceof Refusal ? error.details.extra?.["permissions"] : undefined;
    const json = { ...reportJson(project, order, steps.done), permissions: permissions ?? [] };
    return { json, text: "", failure: failureOf(error) };
  }
}

async function readKey(
  ctx: CommandContext,
  { mode }: Project,
  { key }: ConnectOptions,
  { terminal }: Cli,
): Promise<{ readonly secretKey: string; readonly isFromEnvironment: boolean }> {
  const known = key === undefined ? ctx.config.stripe.secretKey?.reveal() : undefined;
  const given = key === "-" ? undefined : (key ?? known);
  const secretKey = given ?? (await terminal.readSecret("Stripe secret or restricted key: "));
  const keyMode = stripeKeyMode(secretKey);
  if (keyMode === undefined)
    throw new Refusal("invalid_request", {
      detail:
        "That is no key of Stripe for servers: it begins with sk_test_, rk_test_, sk_live_ or rk_live_. A restricted key (rk_) is the best choice.",
    });
  if (keyMode !== mode)
    throw new Refusal("conflict", {
      detail: `The project is a ${mode} project and the key a ${keyMode} key. Use a ${mode} key, or a project made with --mode ${keyMode}.`,
    });
  if (keyMode === "live" && ctx.config.stripe.apiBase !== undefined)
    throw new Refusal("conflict", {
      detail: "STRIPE_API_BASE is set: a live key never goes to a simulator. Unset it.",
    });
  return { secretKey, isFromEnvironment: known !== undefined };
}

/** An origin becomes the address of the project's receiver; a whole address stays as it is. */
export function webhookUrlOf(
  given: string | undefined,
  publicUrl: string,
  projectId: ProjectId,
): string {
  const path = `/stripe/webhooks/${publicId("project", projectId)}`;
  if (given === undefined) return `${publicUrl}${path}`;
  return new URL(given).pathname === "/" ? `${given.replace(/\/+$/, "")}${path}` : given;
}

function stepLine({ name, ok, detail, durationMs }: Step, { paint }: Cli): string {
  const mark = ok ? paint("green", "ok  ") : paint("red", "fail");
  const [first = ""] = detail.split("\n");
  const said = ok ? detail : first.slice(0, 100);
  return `${mark}  ${name.padEnd(15)}  ${said}  ${paint("dim", `${durationMs} ms`)}\n`;
}

function reportJson(project: Project, { webhookUrl }: ConnectOrder, steps: readonly Step[]) {
  return {
    project: publicId("project", project.id),
    mode: project.mode,
    webhookUrl,
    connected: steps.some(({ name, ok }) => name === "connection" && ok),
    account: null,
    endpoint: null,
    steps,
  };
}

function madeJson({ accountId: account, endpoint, permissions }: ConnectReport) {
  const made = endpoint && {
    id: endpoint.id,
    apiVersion: endpoint.apiVersion,
    outcome: endpoint.outcome,
  };
  return { account, endpoint: made ?? null, permissions };
}
