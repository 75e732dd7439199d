import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: {
      "@chargly/mcp": fileURLToPath(new URL("packages/mcp/src/index.ts", import.meta.url)),
      "@chargly/sdk/testing": fileURLToPath(
        new URL("packages/sdk/src/testing/index.ts", import.meta.url),
      ),
      "@chargly/sdk": fileURLToPath(new URL("packages/sdk/src/index.ts", import.meta.url)),
      "@chargly/stripe-simulator": fileURLToPath(
        new URL("packages/stripe-simulator/src/index.ts", import.meta.url),
      ),
      "@chargly/usage-producer": fileURLToPath(
        new URL("packages/usage-producer/src/index.ts", import.meta.url),
      ),
    },
  },
  test: {
    include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Each file has processes and databases of its own. More workers than two cores carry make waits look like failures.
    pool: "forks",
    maxWorkers: 2,
    // The product is loaded once by a worker, not once for each of two hundred files: that was a third of the time of all
    // tests. So a file leaves nothing behind: no patched global, no environment variable, no fake clock.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
