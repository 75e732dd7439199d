import { type Reader, reader, Wrong, wrong } from "./readers.js";
import { Secret } from "./secret.js";

/** Signs and encrypts what is stored. Rotation: put the new key first, keep the old one until nothing needs it. */
export interface MasterKey {
  /** Stored beside what the key signed or encrypted. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Secret<Buffer>;
}

export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

const keyBytes = 32;
const keysMax = 10;
/** Random bytes have about 30 different values among 32; a sentence or a row of zeros has not. */
const distinctBytesMin = 16;
const entry = /^([a-z0-9][a-z0-9_-]{0,31}):([A-Za-z0-9+/_-]+={0,2})$/;

/** `id:base64 of 32 bytes`, comma separated. Messages never show a key. */
export const masterKeyList: Reader<MasterKeys> = reader<MasterKeys>((text) => {
  const keys: MasterKey[] = [];
  for (const [at, part] of text.split(",").entries()) {
    const key = masterKey(part.trim(), at + 1);
    if (key instanceof Wrong) return key;
    keys.push(key);
  }
  const [first, ...others] = keys;
  if (first === undefined || keys.length > keysMax) return wrong(`must hold 1 to ${keysMax} keys`);
  if (new Set(keys.map(({ id }) => id)).size < keys.length) return wrong("has an id twice");
  return [first, ...others];
});

function masterKey(text: string, number: number): MasterKey | Wrong {
  const [, id = "", base64 = ""] = entry.exec(text) ?? [];
  if (id === "") return wrong(`item ${number} must read id:base64, with an id such as k1`);
  const key = Buffer.from(base64, "base64");
  if (key.length !== keyBytes) {
    return wrong(`key "${id}" has ${key.length} bytes instead of ${keyBytes}`);
  }
  if (new Set(key).size < distinctBytesMin) return wrong(`key "${id}" is not random`);
  return { id, key: new Secret(key) };
}
