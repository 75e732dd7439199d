/** Extends a hold every half of its life. It does not keep the process alive. */
export function keepOpen(
  extend: () => Promise<unknown>,
  expiresInSeconds: number,
): { readonly stop: () => void } {
  const timer = setInterval(
    () => {
      // The next one tries again. One that has ended is told by its capture.
      void extend().catch(() => undefined);
    },
    (expiresInSeconds * 1_000) / 2,
  );
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
