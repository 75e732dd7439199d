import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { assert, present } from "../../kernel/assert.js";

/** One master key: 32 random bytes and the short name under which ciphertexts and hashes refer to it. */
export interface MasterKey {
  readonly id: string;
  readonly bytes: Buffer;
}

export interface Digest {
  readonly keyId: string;
  readonly hash: Buffer;
}

/** Seals what must be read again and digests what must only be recognised. */
export interface Vault {
  /** AES-256-GCM under the first key. `context` is bound to the ciphertext: it opens nowhere else. */
  readonly seal: (plaintext: string, context: string) => Buffer;
  /** Opens what any of the keys sealed. Throws when the bytes were changed, or the context is another. */
  readonly open: (sealed: Buffer, context: string) => string;
  /** HMAC-SHA-256 under the first key, for rows about to be written. */
  readonly digest: (text: string) => Digest;
  /** The same under every key, for look-ups while keys rotate. */
  readonly digests: (text: string) => readonly Digest[];
  /** A MAC for links that we sign and check ourselves; under the first key, 32 bytes. */
  readonly sign: (text: string) => Buffer;
  readonly signatures: (text: string) => readonly Buffer[];
}

const ivBytes = 12;
const tagBytes = 16;
const keyIdBytesMax = 32;

/** The first key signs and seals; all keys verify and open. Each purpose has a key of its own (HKDF-SHA-256). */
export function createVault(keys: readonly MasterKey[]): Vault {
  assert(keys.length > 0, "the vault has a key");
  const derived = keys.map(deriveKeys);
  const current = present(derived[0], "the vault has a key");
  const mac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  return {
    seal: (plaintext, context) => seal(current, plaintext, context),
    open: (sealed, context) => open(derived, sealed, context),
    digest: (text) => ({ keyId: current.id, hash: mac(current.digest, text) }),
    digests: (text) => derived.map(({ id, digest }) => ({ keyId: id, hash: mac(digest, text) })),
    sign: (text) => mac(current.signing, text),
    signatures: (text) => derived.map(({ signing }) => mac(signing, text)),
  };
}

interface DerivedKeys {
  readonly id: string;
  readonly sealing: Buffer;
  readonly digest: Buffer;
  readonly signing: Buffer;
}

function deriveKeys({ id, bytes }: MasterKey): DerivedKeys {
  assert(bytes.length === 32, "a master key has 32 bytes");
  assert(id.length > 0 && Buffer.byteLength(id) <= keyIdBytesMax, "a master key has a short id");
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", bytes, "chargly", purpose, 32));
  return { id, sealing: derive("seal"), digest: derive("digest"), signing: derive("sign") };
}

/** Layout: length of the key id, key id, iv, tag, ciphertext. */
function seal(key: DerivedKeys, plaintext: string, context: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key.sealing, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  const id = Buffer.from(key.id);
  return Buffer.concat([Buffer.from([id.length]), id, iv, cipher.getAuthTag(), body]);
}

function open(keys: readonly DerivedKeys[], sealed: Buffer, context: string): string {
  const idEnd = 1 + (sealed[0] ?? 0);
  const id = sealed.subarray(1, idEnd).toString("utf8");
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined)
    throw new Error(
      `A secret is sealed with the master key "${id}", which is not in CHARGLY_MASTER_KEYS. Add it behind the first.`,
    );
  try {
    return decipher(key, sealed.subarray(idEnd), context);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `A sealed secret does not open with the master key "${id}": ${reason}. Its row was changed, or the key has other bytes than before.`,
      { cause },
    );
  }
}

function decipher(key: DerivedKeys, ivTagBody: Buffer, context: string): string {
  const iv = ivTagBody.subarray(0, ivBytes);
  const tag = ivTagBody.subarray(ivBytes, ivBytes + tagBytes);
  // Without the length, Node takes a tag that was cut to four bytes, which can be guessed.
  const opening = createDecipheriv("aes-256-gcm", key.sealing, iv, { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(tag);
  const body = ivTagBody.subarray(ivBytes + tagBytes);
  return Buffer.concat([opening.update(body), opening.final()]).toString("utf8");
}
