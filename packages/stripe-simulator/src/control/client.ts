import type { SimulatorControl } from "./types.js";

/** What the control API refused, with its words. */
export class ControlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ControlError";
  }
}

/** A typed client of the control API of the simulator at `url`. */
export function createControl(url: string): SimulatorControl {
  const base = url.replace(/\/+$/, "");
  async function call<T>(verb: string, ...given: unknown[]): Promise<T> {
    const response = await fetch(`${base}/_control/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
    const answer = (await response.json()) as { result: T; error?: string };
    if (!response.ok) throw new ControlError(answer.error ?? `control answered ${response.status}`);
    return answer.result;
  }
  return {
    pay: (...given) => call("pay", ...given),
    completeDelayed: (...given) => call("completeDelayed", ...given),
    expire: (...given) => call("expire", ...given),
    refund: (...given) => call("refund", ...given),
    setRefundStatus: (...given) => call("setRefundStatus", ...given),
    dispute: (...given) => call("dispute", ...given),
    disputeFundsWithdrawn: (...given) => call("disputeFundsWithdrawn", ...given),
    disputeFundsReinstated: (...given) => call("disputeFundsReinstated", ...given),
    closeDispute: (...given) => call("closeDispute", ...given),
    earlyFraudWarning: (...given) => call("earlyFraudWarning", ...given),
    patchObject: (...given) => call("patchObject", ...given),
    createForeignPayment: (...given) => call("createForeignPayment", ...given),
    setPaymentMethod: (...given) => call("setPaymentMethod", ...given),
    addEndpoint: (...given) => call("addEndpoint", ...given),
    removeEndpoint: (...given) => call("removeEndpoint", ...given),
    setDelivery: (...given) => call("setDelivery", ...given),
    flushHeld: (...given) => call("flushHeld", ...given),
    heldEvents: () => call("heldEvents"),
    redeliver: (...given) => call("redeliver", ...given),
    waitForIdle: (...given) => call("waitForIdle", ...given),
    deliveries: () => call("deliveries"),
    suppressEvents: (...given) => call("suppressEvents", ...given),
    events: (...given) => call("events", ...given),
    signedPayload: (...given) => call("signedPayload", ...given),
    failRequests: (...given) => call("failRequests", ...given),
    clearFaults: () => call("clearFaults"),
    latency: (...given) => call("latency", ...given),
    requests: (...given) => call("requests", ...given),
    resetLog: () => call("resetLog"),
    reset: () => call("reset"),
    account: (...given) => call("account", ...given),
    linkKey: (...given) => call("linkKey", ...given),
    nameAccount: (...given) => call("nameAccount", ...given),
    disconnectAccount: (...given) => call("disconnectAccount", ...given),
    advance: (...given) => call("advance", ...given),
  };
}
