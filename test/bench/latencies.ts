/** How long each call took, in milliseconds, with so many under way for so long. */
export async function latenciesOf(
  call: () => Promise<void>,
  inFlight: number,
  seconds: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  const callSome = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startedMs = performance.now();
      await call();
      latencies.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, callSome));
  return latencies;
}
