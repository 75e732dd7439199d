import type { AgentBudget, Bearer } from "@chargly/sdk";
import { z } from "zod";
import { balance, balanceOf, creditsOut, defineWalletTool } from "./shapes.js";

const part = z.object({ limit: creditsOut.nullable(), remaining: creditsOut.nullable() });

const budget = z
  .object({
    perCall: creditsOut
      .nullable()
      .meta({ description: "The most that one event, hold or capture may take." }),
    perDay: part.extend({ resetsAt: z.string() }),
    total: part,
  })
  .meta({ description: "What this token may take of the wallet. Null: no limit of its own." });

/** What is there to be spent. */
export const getWallet = defineWalletTool({
  name: "get_wallet",
  title: "Read the wallet",
  description:
    "The credits of the wallet that this token acts for: what can be spent now, what is set aside, what is owed, and what is left of the token's budget. Call it before work that costs credits.",
  effects: {
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({}),
  output: balance.extend({
    frozenSince: z
      .string()
      .nullable()
      .meta({ description: "While it is set, an operator lets nothing be spent." }),
    token: z
      .object({ expiresAt: z.string(), budget })
      .nullable()
      .meta({ description: "Null for a secret key, which has no budget." }),
  }),
  run: async ({ chargly, customerId, kind, signal }) => {
    const [wallet, bearer] = await Promise.all([
      chargly.getWallet(customerId, { signal }),
      kind === "agent" ? chargly.agentTokens.self({ signal }) : undefined,
    ]);
    const frozenSince = wallet.frozen?.since ?? null;
    const token = bearer === undefined ? null : tokenOf(bearer);
    return {
      data: { ...balanceOf(wallet), frozenSince, token },
      text: [
        `${wallet.available} credits can be spent; ${wallet.held} are set aside, ${wallet.debt} owed.`,
        ...(frozenSince === null
          ? []
          : [`The wallet is frozen since ${frozenSince}: nothing can be spent.`]),
        ...(token === null ? [] : [budgetText(token.budget, token.expiresAt)]),
      ].join(" "),
    };
  },
});

function tokenOf({ budget: found, expiresAt }: Bearer) {
  if (found === null || expiresAt === null) return null;
  const { perCall, perDay, total } = found;
  return {
    expiresAt,
    budget: {
      perCall,
      perDay: { limit: perDay.limit, remaining: perDay.remaining, resetsAt: perDay.resetsAt },
      total: { limit: total.limit, remaining: total.remaining },
    },
  };
}

type Part = Pick<AgentBudget["total"], "limit" | "remaining">;

function budgetText(
  { perCall, perDay, total }: { perCall: number | null; perDay: Part; total: Part },
  expiresAt: string,
): string {
  const parts = [
    ...(perCall === null ? [] : [`at most ${perCall} with one event, hold or capture`]),
    ...(perDay.remaining === null ? [] : [`${perDay.remaining} more today`]),
    ...(total.remaining === null ? [] : [`${total.remaining} more in all`]),
  ];
  return `This token may take ${parts.length === 0 ? "all of it" : parts.join(", ")}, until ${expiresAt}.`;
}
