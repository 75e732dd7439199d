import type { StoredRecord } from "./records.js";

function keys(kind: string, fields: Readonly<Record<string, string | null>>): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null) found.push(`${kind}|${name}|${value}`);
  }
  return found;
}

/** The index keys of a record, `kind|field|value`: the lookups that must not scan. */
export function indexKeysOf(record: StoredRecord): string[] {
  switch (record.kind) {
    case "balance_transaction":
      return keys(record.kind, { source: record.source, type: record.type });
    case "checkout.session":
      return keys(record.kind, {
        customer: record.customer,
        payment_intent: record.paymentIntent,
        status: record.status === "open" ? "open" : null,
      });
    case "charge":
      return keys(record.kind, { customer: record.customer, payment_intent: record.paymentIntent });
    case "customer":
      return keys(record.kind, { email: record.email });
    case "refund":
    case "dispute":
    case "radar.early_fraud_warning":
      return keys(record.kind, { charge: record.charge, payment_intent: record.paymentIntent });
    case "payment_intent":
    case "payment_method":
      return keys(record.kind, { customer: record.customer });
    case "promotion_code":
      return keys(record.kind, { code: record.code });
    default:
      return [];
  }
}
