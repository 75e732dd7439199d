export { ControlError, createControl } from "./control/client.js";
export type {
  ChargeReference,
  NewEndpoint,
  RefundStatusName,
  RequestReport,
  SignedPayload,
  SignOptions,
  SimulatorControl,
} from "./control/types.js";
export type { FailRequests } from "./http/faults.js";
export type { LoggedRequest } from "./http/request-log.js";
export type { Json, JsonObject } from "./json.js";
export { apiVersion } from "./simulation.js";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.js";
export type { Delivery, DeliverySettings } from "./webhooks/delivery.js";
