import type { FreshDatabase } from "../support/database.js";

/** When a key was last used is written beside requests, whatever becomes of them. */
const beside = "last_used_at";

/** Every row of every table, a line each, in order; of one project when it is named. Equal means nothing was written. */
export async function dumpTables(
  { db }: Pick<FreshDatabase, "db">,
  projectId?: string,
): Promise<string> {
  const tables = await tablesOf(db, projectId !== undefined);
  const parts = tables.map((name) => {
    const ofProject = name === "projects" ? "id" : "project_id";
    const where = projectId === undefined ? "" : `where t.${ofProject} = '${projectId}'`;
    return `select '${name}' as name, (to_jsonb(t) - '${beside}')::text as line from ${name} t ${where}`;
  });
  const { rows } = await db.raw<{ rows: { name: string; line: string }[] }>(
    `${parts.join(" union all ")} order by 1, 2`,
  );
  return rows.map(({ name, line }) => `${name} ${line}`).join("\n");
}

/** The tables whose rows belong to a project; or all of them. */
export async function tablesOf(
  db: FreshDatabase["db"],
  onlyOfProjects: boolean,
): Promise<readonly string[]> {
  const names: string[] = await db("pg_tables")
    .where("schemaname", "public")
    .orderBy(1)
    .pluck("tablename");
  if (!onlyOfProjects) return names;
  const owned: string[] = await db("information_schema.columns")
    .where({ table_schema: "public", column_name: "project_id" })
    .pluck("table_name");
  return names.filter((name) => name === "projects" || owned.includes(name));
}
