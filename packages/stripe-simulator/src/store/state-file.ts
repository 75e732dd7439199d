import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Stage } from "../control/verbs.js";
import type { AccountRecord } from "../resources/account.js";
import type { EndpointRecord } from "../resources/webhook-endpoint.js";
import type { StoredRecord } from "./records.js";

const writeAfterMs = 500;
const formatVersion = 1;

/** What the file holds. */
interface State {
  readonly version: number;
  readonly accounts: readonly AccountRecord[];
  readonly keys: readonly (readonly [string, string])[];
  readonly disconnected: readonly string[];
  readonly clockOffsetSeconds: number;
  readonly everyAccount: readonly EndpointRecord[];
  readonly books: readonly {
    readonly accountId: string;
    readonly livemode: boolean;
    readonly records: readonly StoredRecord[];
    readonly hidden: readonly string[];
  }[];
}

function isState(value: unknown): value is State {
  if (typeof value !== "object" || value === null || !("version" in value)) return false;
  return value.version === formatVersion && "books" in value && Array.isArray(value.books);
}

function restore(stage: Stage, state: State): void {
  const { simulation } = stage;
  for (const account of state.accounts) simulation.accounts.set(account.id, account);
  for (const [key, account] of state.keys) simulation.accountOfKey.set(key, account);
  for (const link of state.disconnected) simulation.disconnected.add(link);
  for (const endpoint of state.everyAccount) {
    stage.deliverer.everyAccount.set(endpoint.id, endpoint);
  }
  simulation.clockOffsetSeconds = state.clockOffsetSeconds;
  for (const saved of state.books) {
    const book = simulation.book(saved.accountId, saved.livemode);
    for (const record of saved.records) book.put(record);
    for (const id of saved.hidden) book.hide(id);
  }
}

function capture(stage: Stage): State {
  const { simulation } = stage;
  return {
    version: formatVersion,
    accounts: [...simulation.accounts.values()],
    keys: [...simulation.accountOfKey],
    disconnected: [...simulation.disconnected],
    clockOffsetSeconds: simulation.clockOffsetSeconds,
    everyAccount: [...stage.deliverer.everyAccount.values()],
    books: [...simulation.books.values()].map((book) => {
      const entries = book.everything();
      return {
        accountId: book.accountId,
        livemode: book.livemode,
        records: entries.map((entry) => entry.record),
        hidden: entries.filter((entry) => entry.deleted).map((entry) => entry.record.id),
      };
    }),
  };
}

/** Restores what the file holds, and writes it again soon after every change. */
export function openStateFile(stage: Stage, path: string): { close(): Promise<void> } {
  if (existsSync(path)) {
    const saved: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!isState(saved))
      throw new Error(`${path} is not a state file of this simulator's version.`);
    restore(stage, saved);
  }
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    timer = null;
    writing = writing.then(async () => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.next`, JSON.stringify(capture(stage)), { mode: 0o600 });
      await rename(`${path}.next`, path);
    });
    return writing;
  };
  stage.simulation.onChange = () => {
    timer ??= setTimeout(() => void write(), writeAfterMs).unref();
  };
  return {
    async close() {
      if (timer !== null) clearTimeout(timer);
      await write();
    },
  };
}
