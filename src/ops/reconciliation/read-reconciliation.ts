import type { Page } from "../../kernel/page.js";
import { linkSettingOf } from "../../reconciliation/links.js";
import {
  countOpenDiscrepancies,
  readDiscrepancies,
} from "../../reconciliation/read-discrepancies.js";
import { type DriftDay, readDrift } from "../../reconciliation/read-drift.js";
import { readRuns } from "../../reconciliation/read-runs.js";
import type { Discrepancy, DiscrepancyClass, Run } from "../../reconciliation/rules.js";
import { listProjects } from "../../tenancy/read-project.js";
import type { OpsContext } from "../context.js";
import type { CasesSetting } from "../pages/cases-table.js";

export interface ReconciliationView {
  readonly open: Page<Discrepancy>;
  readonly openCounts: Readonly<Partial<Record<DiscrepancyClass, number>>>;
  readonly healed: Page<Discrepancy>;
  readonly runs: Page<Run>;
  readonly drift: readonly DriftDay[];
  readonly setting: CasesSetting;
  /** What was just done, for who did it. */
  readonly said: string | undefined;
}

export interface ReconciliationQuery {
  readonly cases: string | undefined;
  readonly runs: string | undefined;
  readonly said: string | undefined;
}

const casesPerPage = 25;
const runsPerPage = 25;
const healedShown = 10;
const driftDays = 30;

/** Everything on the page, over all projects. Throws `invalid_request` for cursors that are none. */
export async function readReconciliation(
  ctx: OpsContext,
  query: ReconciliationQuery,
): Promise<ReconciliationView> {
  const { db } = ctx;
  const [open, openCounts, healed, runs, drift, projects] = await Promise.all([
    readDiscrepancies(db, { states: ["open"], size: casesPerPage, cursor: query.cases }),
    countOpenDiscrepancies(db),
    readDiscrepancies(db, { states: ["healed"], size: healedShown }),
    readRuns(db, { size: runsPerPage, cursor: query.runs }),
    readDrift(db, driftDays),
    listProjects(ctx),
  ]);
  const setting: CasesSetting = {
    projects: new Map(projects.map((project) => [project.id, project])),
    ...linkSettingOf(ctx),
  };
  return { open, openCounts, healed, runs, drift, setting, said: query.said };
}
