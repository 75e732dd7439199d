import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Knex } from "knex";
import { assert } from "../../kernel/assert.js";

/** `migrations/` beside `src/`, and `dist/migrations` beside `dist/src`: the same step in both trees. */
export const migrationsFolder = fileURLToPath(new URL("../../../migrations", import.meta.url));

const fileName = /^(\d{4}_[a-z0-9_]+)\.(?:ts|js)$/;

interface MigrationFile {
  readonly name: string;
  readonly file: string;
}

/**
 * The migrations of a folder, in order of their names. Knex records a migration by its name without extension,
 * so that `.ts` in development and `.js` in production are the same migration.
 */
export function migrationSource(
  folder: string = migrationsFolder,
): Knex.MigrationSource<MigrationFile> {
  return {
    getMigrations: () => listMigrations(folder),
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => {
      const module: unknown = await import(pathToFileURL(join(folder, migration.file)).href);
      assert(isMigration(module), `migration ${migration.name} exports up and down`);
      return module;
    },
  };
}

async function listMigrations(folder: string): Promise<MigrationFile[]> {
  const found = (await readdir(folder)).flatMap((file) => {
    const name = fileName.exec(file)?.[1];
    return name === undefined || file.endsWith(".d.ts") ? [] : [{ name, file }];
  });
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  assertNumberedOnce(found);
  return found;
}

function assertNumberedOnce(migrations: readonly MigrationFile[]): void {
  const byNumber = new Map<string, string>();
  for (const { name } of migrations) {
    const other = byNumber.get(name.slice(0, 4));
    assert(other === undefined, `each migration has its own number: ${other} and ${name}`);
    byNumber.set(name.slice(0, 4), name);
  }
}

function isMigration(module: unknown): module is Knex.Migration {
  if (typeof module !== "object" || module === null) return false;
  return "up" in module && typeof module.up === "function" && "down" in module;
}
