import pino, { type DestinationStream, type Logger, type LoggerOptions } from "pino";
import { prettyStream } from "./pretty.js";
import { redactLine } from "./redact.js";
import { serializeError } from "./serialize-error.js";

export type { Logger } from "pino";
export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** The process: web, worker, scheduler. */
  readonly name: string;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Standard output unless told otherwise. */
  readonly destination?: DestinationStream;
}

/**
 * A pino logger whose lines hold no secrets and no personal data, wherever in a line they stand; see `redactLine`.
 * Log an error as `{ err }`: it is written with its causes, and without what libraries attach to errors.
 */
export function createLog({ level, name, pretty = false, destination }: LogOptions): Logger {
  const out = destination ?? pino.destination(1);
  const options: LoggerOptions = {
    level,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => serializeError(error),
      error: (error: unknown) => serializeError(error),
    },
    hooks: { streamWrite: redactLine },
    depthLimit: 6,
    edgeLimit: 100,
  };
  return pino(options, pretty ? prettyStream(out) : out);
}
