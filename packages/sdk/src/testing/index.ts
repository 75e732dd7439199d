export {
  createFakeChargly,
  type FakeChargly,
  type FakeCharglyOptions,
} from "./fake-chargly.js";
