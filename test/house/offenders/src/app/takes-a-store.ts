// offends: app-reads-no-store
import { store } from "../ledger/store.js";
export const taken = store;
