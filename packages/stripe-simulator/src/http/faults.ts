/** Requests that shall fail, as the control API asks for it. */
export interface FailRequests {
  /** An HTTP status, or how to break the connection: `timeout` never answers, `reset` cuts it. */
  readonly status: number | "timeout" | "reset";
  /** How many requests fail. */
  readonly count: number;
  readonly method?: string;
  readonly pathPrefix?: string;
  /** Do the work first and only then fail, as when the answer is lost on its way. */
  readonly afterEffect?: boolean;
  readonly retryAfterSec?: number;
}

/** The faults that are armed, and the delay of every answer. */
export class Faults {
  private armed: { readonly rule: FailRequests; left: number }[] = [];
  latencyMs = 0;
  latencyJitterMs = 0;

  /** Arms a fault. */
  add(rule: FailRequests): void {
    if (this.armed.length < 1_000) this.armed.push({ rule, left: rule.count });
  }

  /** Disarms all faults. */
  clear(): void {
    this.armed = [];
    this.latencyMs = 0;
    this.latencyJitterMs = 0;
  }

  /** Takes the fault that this request runs into, if any. */
  take(method: string, path: string): FailRequests | undefined {
    const match = this.armed.find(
      ({ rule, left }) =>
        left > 0 &&
        (rule.method === undefined || rule.method === method) &&
        (rule.pathPrefix === undefined || path.startsWith(rule.pathPrefix)),
    );
    if (match === undefined) return undefined;
    match.left -= 1;
    this.armed = this.armed.filter(({ left }) => left > 0);
    return match.rule;
  }

  /** Waits as long as the network is told to be slow. */
  async delay(): Promise<void> {
    const ms = this.latencyMs + Math.random() * this.latencyJitterMs;
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
