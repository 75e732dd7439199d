/**
 * For the knex command line:
 * `NODE_OPTIONS='--import tsx' npx knex migrate:latest --knexfile knexfile.ts`
 */
import type { Knex } from "knex";
import { migrateCliName, migratorConfig } from "./src/platform/db/migrate.js";

const url = process.env["DATABASE_URL"];
if (url === undefined || url === "") {
  throw new Error("Set DATABASE_URL, such as postgres://user:password@localhost:5432/chargly");
}

const config: Knex.Config = {
  client: "pg",
  connection: { connectionString: url, application_name: migrateCliName },
  pool: { min: 0, max: 2 },
  migrations: migratorConfig(),
};

export default config;
