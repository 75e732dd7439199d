import { chmod, chown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canReach, isRoot } from "../../../src/dev/embedded-postgres/account.js";
import { prepareBinaries } from "../../../src/dev/embedded-postgres/binaries.js";
import { runProgram } from "../../../src/dev/embedded-postgres/run-program.js";
import { startEmbeddedPostgres } from "../../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { ask, embeddedHome } from "../../support/embedded-home.js";
import { launchEmbedded } from "../../support/embedded-process.js";

let home: Awaited<ReturnType<typeof embeddedHome>>;
const nobody = { name: "nobody", uid: 65_534, gid: 65_534 };
const here = fileURLToPath(new URL(".", import.meta.url));

beforeEach(async () => {
  home = await embeddedHome();
});
afterEach(() => home.remove());

describe.runIf(isRoot())("as root", () => {
  it("runs the server as another account", async () => {
    const server = await startEmbeddedPostgres({ dataDir: home.path, database: "chargly" });
    expect((await stat(`/proc/${server.pid}`)).uid).not.toBe(0);
    expect((await stat(server.dataDir)).mode & 0o777).toBe(0o700);
    await server.stop();
  });

  it("works below a folder that only root may enter, and finds the data again", async () => {
    const options = {
      dataDir: join(home.path, "closed", "postgres"),
      database: "chargly",
      rootSharedFolder: join(home.path, "shared"),
    };
    await mkdir(join(home.path, "closed"), { mode: 0o700 });
    const first = await startEmbeddedPostgres(options);
    await ask(first.url, "create table kept as select 547 as credits");
    await first.stop();
    expect(first.dataDir.startsWith(options.rootSharedFolder)).toBe(true);
    // It stays where it is, also when the folder was opened meanwhile.
    await chmod(join(home.path, "closed"), 0o755);
    const second = await startEmbeddedPostgres(options);
    expect(await ask(second.url, "select credits from kept")).toEqual([{ credits: 547 }]);
    await second.stop();
  });

  it("refuses a shared folder that another account could have prepared", async () => {
    const shared = join(home.path, "shared");
    await mkdir(shared);
    await chown(shared, nobody.uid, nobody.gid);
    await mkdir(join(home.path, "closed"), { mode: 0o700 });
    const dataDir = join(home.path, "closed", "postgres");
    await expect(
      startEmbeddedPostgres({ dataDir, database: "chargly", rootSharedFolder: shared }),
    ).rejects.toThrow("must be a folder that belongs to root");
  });

  it("goes on with the data of an ordinary user, and leaves it theirs", async ({ skip }) => {
    if (!(await canReach(nobody, process.execPath)) || !(await canReach(nobody, here))) {
      skip("the checkout is closed to other accounts");
    }
    await chown(home.path, nobody.uid, nobody.gid);
    const options = { dataDir: home.path, database: "chargly" };
    const launch = await launchEmbedded(options, { uid: nobody.uid, gid: nobody.gid });
    expect(launch.answer.refused).toBeUndefined();
    await ask(launch.answer.url ?? "", "create table kept as select 547 as credits");
    await launch.end("SIGTERM");
    expect((await stat(launch.answer.dataDir ?? "")).uid).toBe(nobody.uid);

    const server = await startEmbeddedPostgres(options);
    expect(await ask(server.url, "select credits from kept")).toEqual([{ credits: 547 }]);
    await server.stop();
    const owners = await Promise.all(
      (await readdir(server.dataDir)).map(
        async (name) => (await stat(join(server.dataDir, name))).uid,
      ),
    );
    expect(new Set(owners)).toEqual(new Set([nobody.uid]));
  });

  it("tells an ordinary user whose folder it is", async ({ skip }) => {
    if (!(await canReach(nobody, here))) skip("the checkout is closed to other accounts");
    const server = await startEmbeddedPostgres({ dataDir: home.path, database: "chargly" });
    await server.stop();
    const options = { dataDir: home.path, database: "chargly" };
    const launch = await launchEmbedded(options, { uid: nobody.uid, gid: nobody.gid });
    expect(launch.answer.refused).toMatch(/No right to use .* as this account/);
    await launch.end("SIGTERM");
  });

  it("runs a copy of the binaries when npm put them where the account cannot go", async () => {
    const closed = { name: "nobody", uid: nobody.uid, gid: nobody.gid };
    const { folder, version } = await prepareBinaries(closed, join(home.path, "copies"), {
      mayReach: async () => false,
    });
    expect(folder.startsWith(join(home.path, "copies"))).toBe(true);
    const said = await runProgram(join(folder, "bin", "postgres"), ["--version"], {
      cwd: folder,
      account: closed,
    });
    expect(said).toContain(version.split("-")[0]?.replace(/\.0$/, ""));
  });
});

it("names the way out when there are no binaries for the platform", async () => {
  const platform = Object.getOwnPropertyDescriptor(process, "arch");
  Object.defineProperty(process, "arch", { ...platform, value: "riscv64" });
  try {
    const dataDir = join(home.path, "none");
    await expect(startEmbeddedPostgres({ dataDir, database: "chargly" })).rejects.toThrow(
      /no PostgreSQL binaries for .*riscv64.*DATABASE_URL/,
    );
    expect(await readdir(dataDir)).toEqual([]);
  } finally {
    if (platform !== undefined) Object.defineProperty(process, "arch", platform);
  }
});
