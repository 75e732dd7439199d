/** What a callback of the application throws must not change what happens to credits. */
export function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    warn(`A callback or the spool failed: ${String(error)}`);
  }
}

export function warn(message: string): void {
  process.emitWarning(message, "CharglyWarning");
}
