/**
 * What must hold, stated where it must hold. A failed assertion is a bug in Chargly, never a
 * mistake of a caller: it ends the work at hand loudly, before anything is written.
 */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Throws {@link AssertionFailed} unless `condition` holds. `rule` reads as the sentence that should be true. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new AssertionFailed(`Must hold, but does not: ${rule}`);
}

/** Narrows away `undefined` and `null` where the surrounding code guarantees a value. */
export function present<T>(value: T | null | undefined, rule: string): T {
  assert(value !== undefined && value !== null, rule);
  return value;
}

/** Marks a branch that the types say cannot be reached, and keeps a switch complete at compile time. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`Must not be reached: ${JSON.stringify(value)}`);
}
