import { noSuch } from "../api-error.js";
import { change, emit, keep } from "../acts/emit.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import { randomText } from "../ids.js";
import { isObject, type JsonObject } from "../json.js";
import { metadataFrom, table, text, textOr, texts } from "../params/read.js";
import { show } from "../render.js";
import type { CustomerRecord } from "../resources/customer.js";
import { born, type Scene } from "../simulation.js";
import { mustFind } from "./find.js";

/** The customer of an id in a parameter; a deleted one is as good as none. */
export function livingCustomer(scene: Scene, id: string, param: string): CustomerRecord {
  const customer = mustFind(scene, "customer", id, param);
  if (customer.deleted) throw noSuch("customer", id, param);
  return customer;
}

const addressParts = ["city", "country", "line1", "line2", "postal_code", "state"] as const;

function addressFrom(params: JsonObject, before: JsonObject | null): JsonObject | null {
  const given = params["address"];
  if (given === "") return null;
  if (!isObject(given)) return before;
  const address: JsonObject = {};
  for (const part of addressParts) address[part] = text(given, part);
  return address;
}

function shippingFrom(params: JsonObject, before: JsonObject | null): JsonObject | null {
  const given = params["shipping"];
  if (given === "") return null;
  if (!isObject(given)) return before;
  return {
    address: addressFrom(given, null),
    name: text(given, "name"),
    phone: text(given, "phone"),
  };
}

function applyParams(customer: CustomerRecord, params: JsonObject): CustomerRecord {
  const settings = table(params, "invoice_settings");
  return {
    ...customer,
    address: addressFrom(params, customer.address),
    defaultPaymentMethod: textOr(settings, "default_payment_method", customer.defaultPaymentMethod),
    description: textOr(params, "description", customer.description),
    email: textOr(params, "email", customer.email),
    metadata: metadataFrom(params, customer.metadata),
    name: textOr(params, "name", customer.name),
    phone: textOr(params, "phone", customer.phone),
    preferredLocales: params["preferred_locales"]
      ? texts(params, "preferred_locales")
      : customer.preferredLocales,
    shipping: shippingFrom(params, customer.shipping),
    taxExempt: text(params, "tax_exempt") ?? customer.taxExempt,
  };
}

function create({ scene, params }: ApiCall): JsonObject {
  const empty: CustomerRecord = {
    ...born(scene, "cus", 14),
    kind: "customer",
    address: null,
    deleted: false,
    defaultPaymentMethod: null,
    description: null,
    email: null,
    invoicePrefix: randomText(8).toUpperCase(),
    livemode: scene.book.livemode,
    metadata: {},
    name: null,
    phone: null,
    preferredLocales: [],
    shipping: null,
    taxExempt: "none",
  };
  const customer = keep(scene, applyParams(empty, params));
  emit(scene, "customer.created", customer);
  return show(scene, customer);
}

function update({ scene, params, id }: ApiCall): JsonObject {
  const customer = livingCustomer(scene, id, "id");
  return show(scene, change(scene, "customer.updated", customer, applyParams(customer, params)));
}

function remove({ scene, id }: ApiCall): JsonObject {
  const customer = livingCustomer(scene, id, "id");
  emit(scene, "customer.deleted", customer);
  const deleted = keep<CustomerRecord>(scene, { ...customer, deleted: true });
  scene.book.hide(id);
  return show(scene, deleted);
}

function list(call: ApiCall): JsonObject {
  const email = text(call.params, "email");
  return listAnswer(call, {
    kind: "customer",
    ...(email === null ? {} : { indexKey: `customer|email|${email}` }),
  });
}

function listMethods(call: ApiCall): JsonObject {
  livingCustomer(call.scene, call.id, "id");
  const type = text(call.params, "type");
  return listAnswer(call, {
    kind: "payment_method",
    indexKey: `payment_method|customer|${call.id}`,
    keep: (record) => type === null || (record.kind === "payment_method" && record.type === type),
  });
}

/** The requests about customers. */
export const customerRoutes = [
  route("POST /v1/customers", "CustomerCreateParams", create),
  route("GET /v1/customers", "CustomerListParams", list),
  route("GET /v1/customers/:id", "CustomerRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "customer", id)),
  ),
  route("POST /v1/customers/:id", "CustomerUpdateParams", update),
  route("DELETE /v1/customers/:id", "CustomerDeleteParams", remove),
  route("GET /v1/customers/:id/payment_methods", "CustomerListPaymentMethodsParams", listMethods),
];
