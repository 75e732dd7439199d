import { indexKeysOf } from "./indexes.js";
import { isKind, type Kind, type RecordOf, type StoredRecord } from "./records.js";

/** A record's place in the order of creation. */
export interface Entry {
  readonly position: number;
  record: StoredRecord;
  deleted: boolean;
}

/** The objects of one account in one mode: by id, in order of creation by kind, and by the indexes. */
export class Book {
  readonly accountId: string;
  readonly livemode: boolean;
  private readonly byId = new Map<string, Entry>();
  private readonly byKind = new Map<Kind, Entry[]>();
  private readonly byIndex = new Map<string, Entry[]>();
  private nextPosition = 0;

  constructor(accountId: string, livemode: boolean) {
    this.accountId = accountId;
    this.livemode = livemode;
  }

  /** The current version of a record, or undefined when this account has none of that kind and id. */
  find<K extends Kind>(kind: K, id: string): RecordOf<K> | undefined {
    const record = this.byId.get(id)?.record;
    return record !== undefined && isKind(record, kind) ? record : undefined;
  }

  /** The record with this id, of whatever kind. */
  findAny(id: string): StoredRecord | undefined {
    return this.byId.get(id)?.record;
  }

  /** Stores a new record, or the next version of one. */
  put<R extends StoredRecord>(record: R): R {
    const entry = this.byId.get(record.id);
    if (entry) {
      this.reindex(entry, record);
      return record;
    }
    const fresh: Entry = { position: this.nextPosition++, record, deleted: false };
    this.byId.set(record.id, fresh);
    append(this.byKind, record.kind, fresh);
    for (const key of indexKeysOf(record)) append(this.byIndex, key, fresh);
    return record;
  }

  /** Takes a record out of the lists; it can still be retrieved by id. */
  hide(id: string): void {
    const entry = this.byId.get(id);
    if (entry) entry.deleted = true;
  }

  /** Forgets a record for good. */
  remove(id: string): void {
    const entry = this.byId.get(id);
    if (!entry) return;
    entry.deleted = true;
    this.byId.delete(id);
  }

  /** Whether a record was deleted. */
  isHidden(id: string): boolean {
    return this.byId.get(id)?.deleted === true;
  }

  /** Where a record stands in the order of creation. */
  positionOf(id: string): number | undefined {
    return this.byId.get(id)?.position;
  }

  /** Entries oldest first: of a whole kind, or of one index key such as `charge|customer|cus_1`. */
  entries(kind: Kind, indexKey?: string): readonly Entry[] {
    const found = indexKey === undefined ? this.byKind.get(kind) : this.byIndex.get(indexKey);
    return found ?? [];
  }

  /** Every entry, oldest first. */
  everything(): Entry[] {
    return [...this.byId.values()];
  }

  /** The records of a kind, oldest first. */
  all<K extends Kind>(kind: K): RecordOf<K>[] {
    return recordsOf(kind, this.entries(kind));
  }

  /** The records under one index key, oldest first. */
  by<K extends Kind>(kind: K, index: string, value: string): RecordOf<K>[] {
    return recordsOf(kind, this.entries(kind, `${kind}|${index}|${value}`));
  }

  private reindex(entry: Entry, record: StoredRecord): void {
    const before = indexKeysOf(entry.record);
    const after = indexKeysOf(record);
    entry.record = record;
    for (const key of before) {
      if (after.includes(key)) continue;
      const list = this.byIndex.get(key) ?? [];
      list.splice(list.indexOf(entry), 1);
    }
    for (const key of after) {
      if (!before.includes(key)) insertInOrder(this.byIndex, key, entry);
    }
  }
}

function recordsOf<K extends Kind>(kind: K, entries: readonly Entry[]): RecordOf<K>[] {
  const records: RecordOf<K>[] = [];
  for (const { record, deleted } of entries) {
    if (!deleted && isKind(record, kind)) records.push(record);
  }
  return records;
}

function append<K>(lists: Map<K, Entry[]>, key: K, entry: Entry): void {
  const list = lists.get(key);
  if (list) list.push(entry);
  else lists.set(key, [entry]);
}

function insertInOrder(lists: Map<string, Entry[]>, key: string, entry: Entry): void {
  const list = lists.get(key) ?? [];
  let at = list.length;
  while (at > 0 && (list[at - 1]?.position ?? -1) > entry.position) at -= 1;
  list.splice(at, 0, entry);
  lists.set(key, list);
}
