import { describe, expect, it } from "vitest";
import { expireHolds, expireLots } from "../../src/expiry/jobs.js";
import { pauseProject } from "../../src/tenancy/pause-project.js";
import { resumeProject } from "../../src/tenancy/resume-project.js";
import { holdsApi } from "../holds/holds-api.js";
import { silentLog } from "../platform/queue/silent-log.js";

describe("while a project is paused, time", () => {
  const { stack, customer, held, wallet, runOut, runOutLots } = holdsApi();
  const sweep = async () => {
    const tools = { signal: new AbortController().signal, log: silentLog };
    await expireHolds.run(stack().ctx, tools);
    await expireLots.run(stack().ctx, tools);
  };

  it("takes nothing out of its wallets, and takes it afterwards", async () => {
    const one = await customer(10);
    await held(one, 4);
    await runOut(one);
    const two = await customer(7);
    await runOutLots(two);
    const projectId = stack().projectId;
    expect(await pauseProject(stack().ctx, projectId, "a test", "test")).toBe(true);
    expect(await pauseProject(stack().ctx, projectId, "another", "test")).toBe(false);
    await sweep();
    expect(await wallet(one)).toMatchObject({ available: 6, held: 4 });
    expect(await wallet(two)).toMatchObject({ available: 7 });
    const was = await resumeProject(stack().ctx, { projectId, forcedBecause: null }, "test");
    expect(was.pausedBecause).toBe("a test");
    await sweep();
    expect(await wallet(one)).toMatchObject({ available: 10, held: 0 });
    expect(await wallet(two)).toMatchObject({ available: 0 });
  });
});
