/** How late the event loop was lately. */
export interface LoopWatch {
  /** The last delays in milliseconds, at most ten of them, oldest first. */
  lagsMs(): readonly number[];
  stop(): void;
}

const everyMs = 500;
const keptMax = 10;

/** Sets a timer twice a second and notes how late it rings. Keeps no process alive. */
export function watchLoop(): LoopWatch {
  const kept: number[] = [];
  let dueMs = performance.now() + everyMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    kept.push(Math.max(0, nowMs - dueMs));
    if (kept.length > keptMax) kept.shift();
    dueMs = nowMs + everyMs;
  }, everyMs).unref();
  return { lagsMs: () => [...kept], stop: () => clearInterval(timer) };
}
