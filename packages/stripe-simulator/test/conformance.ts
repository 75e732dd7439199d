import { Ajv2020 } from "ajv/dist/2020.js";
import { deriveObjects } from "../schema/derive-objects.js";

const schemaOf: Readonly<Record<string, string>> = {
  account: "Account",
  balance_transaction: "BalanceTransaction",
  charge: "Charge",
  "checkout.session": "CheckoutSession",
  coupon: "Coupon",
  customer: "Customer",
  dispute: "Dispute",
  event: "EventBase",
  item: "LineItem",
  payment_intent: "PaymentIntent",
  payment_method: "PaymentMethod",
  price: "Price",
  product: "Product",
  promotion_code: "PromotionCode",
  "radar.early_fraud_warning": "EarlyFraudWarning",
  refund: "Refund",
  webhook_endpoint: "WebhookEndpoint",
};

/** Checks objects, as they came over the wire, against the types of the installed SDK. */
export function openConformance(): (object: Record<string, unknown>) => string[] {
  const { objects, $defs } = deriveObjects();
  const ajv = new Ajv2020({ allErrors: false, strict: false });
  ajv.addSchema({ $id: "sdk", $defs });
  const validators = new Map(
    Object.entries(objects).map(([name, schema]) => {
      const text = JSON.stringify(schema).replaceAll("#/$defs/", "sdk#/$defs/");
      return [name, ajv.compile(JSON.parse(text))];
    }),
  );
  return (object) => {
    const kind = String(object["object"]);
    const name = object["deleted"] === true ? "DeletedCustomer" : (schemaOf[kind] ?? kind);
    const validate = validators.get(name);
    if (!validate) return [`there is no schema for ${kind}`];
    if (validate(object)) return [];
    return (validate.errors ?? []).map(
      (error) => `${kind}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
    );
  };
}
