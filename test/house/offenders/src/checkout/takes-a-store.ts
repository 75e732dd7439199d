// offends: domain-keeps-its-store
import { store } from "../ledger/store.js";
export const taken = store;
