import { join } from "node:path";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { signal } from "../../../src/dev/embedded-postgres/processes.js";
import { type Part, withChildren } from "./part.js";

export interface PostgresPart extends Part {
  readonly url: string;
}

/** A Postgres of the storm's own, that comes back at its old address after it was killed. */
export async function startPostgresPart(runFolder: string): Promise<PostgresPart> {
  const options = { dataDir: join(runFolder, "postgres"), database: "chargly" };
  let server: EmbeddedPostgres | undefined = await startEmbeddedPostgres(options);
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    name: "postgres",
    url,
    pids: async () => (server === undefined ? [] : withChildren(server.pid)),
    kill: async () => {
      if (server === undefined) return;
      signal(server.pid, "SIGKILL");
      await server.ended;
      await server.stop();
      server = undefined;
    },
    start: async () => {
      server ??= await startEmbeddedPostgres({ ...options, port });
    },
    stop: async () => server?.stop(),
  };
}
