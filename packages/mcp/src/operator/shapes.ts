import type { Balance } from "@chargly/sdk";
import { z } from "zod";
import type { OperatorAccess } from "../server/identity.js";
import { boundedOrNull } from "../tools/bounded-text.js";
import { defineToolFor } from "../tools/define-tool.js";
import { balance } from "../wallet/shapes.js";

/** Declares a tool of operators' agents, which look after a whole project. */
export const defineOperatorTool = defineToolFor<OperatorAccess>();

export const customerId = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: "The application's own id of the customer, exactly as it is." });

export const reason = z.string().min(1).max(500);

export const idCharsMax = 255;
export const textCharsMax = 600;

export const pageInput = {
  limit: z.int().min(1).max(50).default(20),
  cursor: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .meta({ description: "nextCursor of the page before." }),
};

export const nextCursor = z.string().nullable().meta({ description: "Null: there are no more." });

/** A wallet as operators see it. */
export const wallet = balance.extend({
  customerId: z.string(),
  frozen: z
    .object({ since: z.string(), reason: z.string().nullable() })
    .nullable()
    .meta({ description: "While it is set, nothing is spent." }),
});

interface SeenWallet extends Balance {
  readonly customerId: string;
  readonly frozen: { readonly since: string; readonly reason: string | null } | null;
}

export function walletOf(seen: SeenWallet): z.input<typeof wallet> {
  const { customerId: whose, available, held, debt, total, frozen } = seen;
  return {
    customerId: whose,
    available,
    held,
    debt,
    total,
    frozen: frozen && {
      since: frozen.since,
      reason: boundedOrNull(frozen.reason, textCharsMax),
    },
  };
}
