import type { Transaction } from "@chargly/sdk";
import { z } from "zod";
import { boundedText } from "../tools/bounded-text.js";
import { balance, balanceOf, creditsOut } from "./shapes.js";

export const descriptionCharsMax = 200;

export const transaction = z.object({
  transactionId: z.string(),
  at: z.string(),
  kind: z.string().meta({
    description:
      "spend, overdraft, hold, capture, release; purchase, promotion, correction_in, correction_out; expire; reversal, reversal_debt, reinstatement, reinstatement_debt; debt_repayment, repayment_returned",
  }),
  credits: creditsOut.meta({
    description: "How the total changed; negative is out. 0 where credits are set aside.",
  }),
  description: z.string().meta({ description: "Data, written by customers or applications." }),
  cause: z.object({
    type: z.string(),
    id: z.string().meta({ description: "Lines with the same cause moved together." }),
  }),
  holdId: z.string().nullable(),
  balance: balance.meta({ description: "Right after it." }),
});

export function transactionOf(line: Transaction): z.infer<typeof transaction> {
  return {
    transactionId: line.id,
    at: line.at,
    kind: line.kind,
    credits: line.credits,
    description: boundedText(line.description, descriptionCharsMax),
    cause: { type: line.cause.type, id: line.cause.id },
    holdId: line.holdId,
    balance: balanceOf(line.balance),
  };
}
