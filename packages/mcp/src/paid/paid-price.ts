import type { CaptureFailedError, Chargly, CharglyError, CreditsIn, Run } from "@chargly/sdk";
import type {
  ServerContext,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from "@modelcontextprotocol/server";

/** What a call was, where the rate card prices it. */
export interface Units {
  readonly quantity?: number | string | undefined;
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
}

/** What a call costs. */
export type PaidPrice =
  /** So many, whatever it does. */
  | {
      readonly credits: CreditsIn;
      readonly max?: undefined;
      readonly event?: undefined;
      readonly units?: undefined;
    }
  /** What the handler says with `run.use`, at most `max`. */
  | {
      readonly max: CreditsIn;
      readonly credits?: undefined;
      readonly event?: undefined;
      readonly units?: undefined;
    }
  /** By the rate card: `units`, or what the handler says with `run.units`, at most `max`. */
  | {
      readonly event: string;
      readonly max: CreditsIn;
      readonly units?: Units | undefined;
      readonly credits?: undefined;
    };

/** What a handler can say of its call. */
export interface PaidRun extends Pick<Run, "holdId" | "customerId"> {
  /** Aborts when the client takes its call back. Pass it on. */
  readonly signal: AbortSignal;
  /** With `max` alone: adds to what the call has cost so far. */
  readonly use: (credits: CreditsIn) => void;
  /** With `event`: what the rate card is to price, instead of what was declared. */
  readonly units: (units: Units) => void;
}

export interface PaidToolDetails<Input extends StandardSchemaWithJSON> {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Input;
  readonly outputSchema?: StandardSchemaWithJSON;
  readonly annotations?: ToolAnnotations;
  readonly chargly: Chargly;
  /** Who pays: your own id of the customer, or how a call tells. */
  readonly customerId: string | ((context: ServerContext) => string | Promise<string>);
  /** Seconds until the hold ends by itself should this process die; 120 unless told. */
  readonly expiresInSeconds?: number;
  /** Told when a call was done and could not be charged. The client gets its result all the same. */
  readonly onUncharged?: (error: CaptureFailedError | CharglyError) => void;
}

export type PaidToolOptions<Input extends StandardSchemaWithJSON> = PaidToolDetails<Input> &
  PaidPrice;
