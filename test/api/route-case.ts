import type { Kind } from "./shops.js";

/** A value that names something of a project. */
export interface Named {
  readonly names: Kind;
}
export const of = (names: Kind): Named => ({ names });

/** One valid request of a route: for every parameter what it names, or a value that names nothing. */
export interface RouteCase {
  readonly params?: Readonly<Record<string, Named | string>>;
  /** `undefined` leaves the field out. */
  readonly query?: Readonly<Record<string, Named | string | undefined>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What naming something unknown answers; 404 otherwise. Unknown customers have empty wallets. */
  readonly unknown?: Readonly<Partial<Record<Kind, number>>>;
  /** Scopes that this request needs beside those of its route. */
  readonly alsoNeeds?: readonly string[];
}

/** The first page of a list. */
export const page = { limit: "20", cursor: undefined };
