import { z } from "zod";

/** The caller's own name of a pack. */
export const packCode = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
    error:
      "A code has 1 to 64 lower-case letters, digits, dots, dashes and underscores, and starts with a letter or digit.",
  })
  .meta({ description: "Your own code of the pack.", examples: ["starter-500"] });
