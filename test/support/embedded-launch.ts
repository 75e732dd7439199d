/**
 * A process that runs an embedded server, for tests that kill it: options as JSON in the first argument, one line
 * of JSON on standard output when it is ready or refused. SIGTERM stops the server and ends the process.
 */
import { startEmbeddedPostgres } from "../../src/dev/embedded-postgres/start-embedded-postgres.js";

try {
  const server = await startEmbeddedPostgres(JSON.parse(process.argv[2] ?? "{}"));
  process.once("SIGTERM", () => void server.stop());
  console.log(JSON.stringify({ url: server.url, pid: server.pid, dataDir: server.dataDir }));
} catch (error) {
  console.log(JSON.stringify({ refused: error instanceof Error ? error.message : String(error) }));
  process.exitCode = 1;
}
