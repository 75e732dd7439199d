import { z } from "zod";
import { lifeSecondsMax, lifeSecondsMin } from "../../agents/rules.js";
import { argument } from "./cli.js";

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const how = "Write how long, such as 30m, 8h or 7d: from 60s to 90d.";

/** How long a token lasts, in seconds: `90m`, `8h`, `7d`. */
export const tokenLife = argument(
  z
    .string()
    .regex(/^\d{1,7}[smhd]$/, { error: how })
    .transform((text) => Number(text.slice(0, -1)) * (seconds[text.slice(-1)] ?? 0))
    .refine((life) => life >= lifeSecondsMin && life <= lifeSecondsMax, { error: how }),
);
