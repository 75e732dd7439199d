import { createHash } from "node:crypto";
import { newId } from "./ids.js";
import type { AccountRecord } from "./resources/account.js";
import type { EventRecord } from "./resources/event.js";
import { Book } from "./store/book.js";

/** The API version that the simulator speaks. */
export const apiVersion = "2026-10-28.endive";

/** Events that will not be generated, as Stripe sometimes fails to. */
export interface Suppression {
  readonly types: readonly string[] | null;
  left: number;
}

/** Everything that the simulator knows: accounts, keys, books and the clock. */
export class Simulation {
  readonly accounts = new Map<string, AccountRecord>();
  readonly accountOfKey = new Map<string, string>();
  readonly books = new Map<string, Book>();
  /** Connected accounts that took their access back: `platform|account`. */
  readonly disconnected = new Set<string>();
  suppressions: Suppression[] = [];
  /** Base of the pages that customers see; set when the server listens. */
  publicUrl = "";
  /** How far the control API moved the clock. */
  clockOffsetSeconds = 0;
  onEvent: (book: Book, event: EventRecord) => void = () => {};
  onChange: () => void = () => {};
  private readonly clockMs: () => number;

  constructor(clockMs: () => number) {
    this.clockMs = clockMs;
  }

  /** The simulator's time in whole seconds. */
  now(): number {
    return Math.floor(this.clockMs() / 1000) + this.clockOffsetSeconds;
  }

  /** The account of an API key; the first use of a key opens its account. */
  accountFor(key: string): AccountRecord {
    const existing = this.accounts.get(this.accountOfKey.get(key) ?? "");
    if (existing) return existing;
    const digest = createHash("sha256").update(key).digest("hex").slice(0, 16);
    const account = this.openAccount(`acct_1${digest}`, null);
    this.accountOfKey.set(key, account.id);
    return account;
  }

  /** Opens an account, connected to a platform or standing alone. */
  openAccount(id: string, platform: string | null): AccountRecord {
    const account: AccountRecord = {
      kind: "account",
      id,
      created: this.now(),
      email: "owner@example.com",
      displayName: "Simulated merchant",
      country: "US",
      defaultCurrency: "usd",
      platform,
    };
    this.accounts.set(id, account);
    this.onChange();
    return account;
  }

  /** The books of an account in one mode. */
  book(accountId: string, livemode: boolean): Book {
    const name = `${accountId}|${livemode ? "live" : "test"}`;
    const book = this.books.get(name) ?? new Book(accountId, livemode);
    this.books.set(name, book);
    return book;
  }

  /** The book that holds an object, for the control API, which knows no keys. */
  locate(id: string): Book | undefined {
    for (const book of this.books.values()) {
      if (book.findAny(id)) return book;
    }
    return undefined;
  }

  /** Whether an event of this type is swallowed; each swallowed event uses one up. */
  swallows(type: string): boolean {
    const match = this.suppressions.find(
      (item) => item.left > 0 && (item.types === null || item.types.includes(type)),
    );
    if (match === undefined) return false;
    match.left -= 1;
    this.suppressions = this.suppressions.filter((item) => item.left > 0);
    return true;
  }

  /** Forgets everything except the clock's base. */
  clear(): void {
    this.accounts.clear();
    this.accountOfKey.clear();
    this.books.clear();
    this.disconnected.clear();
    this.suppressions = [];
    this.clockOffsetSeconds = 0;
    this.onChange();
  }
}

/** What led to a change: an API request, or nothing when it came from a page or the control API. */
export interface Cause {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** Where an act takes place. */
export interface Scene {
  readonly simulation: Simulation;
  readonly book: Book;
  readonly cause: Cause;
}

/** A scene without a request behind it. */
export function sceneOf(simulation: Simulation, book: Book): Scene {
  return { simulation, book, cause: { requestId: null, idempotencyKey: null } };
}

/** The id and time of a new object. */
export function born(scene: Scene, prefix: string, length = 24): { id: string; created: number } {
  const mode = prefix === "cs" ? (scene.book.livemode ? "cs_live" : "cs_test") : prefix;
  return { id: newId(mode, length), created: scene.simulation.now() };
}
