// The page on which what a job found is read.
import { href } from "../data/route";
import type { Job } from "../data/types";

/** Address of the page that shows a job: its own, or that of the question it answers. */
export function placeOf(job: Job): string {
  const text = (name: string) => String(job.options?.[name] ?? "");
  const asked = (...names: string[]) => Object.fromEntries(names.map((name) => [name, text(name)]));
  const path = { case: job.case, run: text("run") };
  switch (job.kind) {
    case "explain":
      return href("explain", path, { order: text("order"), job: job.id });
    case "bottlenecks":
    case "replan":
      return href(job.kind, path, { job: job.id });
    case "compare": {
      const [before = "", after = ""] = (job.options?.runs ?? []) as string[];
      return href("compare", { case: job.case }, { before, after, job: job.id });
    }
    case "agreements":
      return href("worth", path, { ...asked("players", "quotas", "budget"), seconds: text("coalition_s"), job: job.id });
    case "value":
      return href("agreement", { case: job.case, agreement: text("agreement") }, { job: job.id });
    default:
      return href("job", { case: job.case, job: job.id });
  }
}
