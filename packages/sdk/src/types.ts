export type * from "./types/agent-tokens.js";
export type * from "./types/explanation.js";
export type * from "./types/holds.js";
export type * from "./types/operations.js";
export type * from "./types/rate-cards.js";
export type * from "./types/usage.js";
export type * from "./types/wallets.js";
