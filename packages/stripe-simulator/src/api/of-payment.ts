import { type ApiCall, listAnswer } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { text } from "../params/read.js";

/** Lists what belongs to a payment, by `charge`, by `payment_intent`, or all. */
export function listOfPayment(
  call: ApiCall,
  kind: "refund" | "dispute" | "radar.early_fraud_warning",
): JsonObject {
  const charge = text(call.params, "charge");
  const intent = text(call.params, "payment_intent");
  const index = charge !== null ? `charge|${charge}` : `payment_intent|${intent}`;
  return listAnswer(call, {
    kind,
    ...(charge === null && intent === null ? {} : { indexKey: `${kind}|${index}` }),
    keep: (record) => record.kind === kind && (intent === null || record.paymentIntent === intent),
  });
}
