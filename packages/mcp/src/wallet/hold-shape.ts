import type { Hold } from "@chargly/sdk";
import { z } from "zod";
import { boundedText } from "../tools/bounded-text.js";
import { creditsOut } from "./shapes.js";

const descriptionCharsMax = 200;

export const hold = z.object({
  holdId: z.string(),
  state: z.enum(["open", "captured", "released", "expired"]),
  credits: creditsOut.meta({ description: "What was set aside." }),
  captured: creditsOut.meta({ description: "What was spent of it." }),
  released: creditsOut.meta({ description: "What went back." }),
  left: creditsOut.meta({ description: "What can still be captured." }),
  description: z.string().nullable(),
  expiresAt: z.string().meta({ description: "What is left goes back by itself then." }),
});

export function holdOf(found: Hold): z.infer<typeof hold> {
  const { id, state, credits, captured, released, left, description, expiresAt } = found;
  return {
    holdId: id,
    state,
    credits,
    captured,
    released,
    left,
    description: description === null ? null : boundedText(description, descriptionCharsMax),
    expiresAt,
  };
}
