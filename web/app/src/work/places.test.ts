import { expect, test } from "vitest";
import type { Job } from "../data/types";
import { placeOf } from "./places";

const job = (kind: Job["kind"], options: Record<string, unknown>) => ({ id: "j", case: "c", kind, options }) as Job;

test("a job leads to the page of its question", () => {
  expect(placeOf(job("plan", {}))).toBe("#/cases/c/jobs/j");
  expect(placeOf(job("explain", { run: "r", order: "a b" }))).toBe("#/cases/c/runs/r/explain?order=a+b&job=j");
  expect(placeOf(job("replan", { run: "r" }))).toBe("#/cases/c/runs/r/replan?job=j");
  expect(placeOf(job("compare", { runs: ["r", "s"] }))).toBe("#/cases/c/compare?before=r&after=s&job=j");
  expect(placeOf(job("agreements", { players: "parties", quotas: null, budget: 50, coalition_s: 2 }))).toBe("#/cases/c/agreement-values?players=parties&budget=50&seconds=2&job=j");
  expect(placeOf(job("value", { agreement: "a" }))).toBe("#/cases/c/agreements/a?job=j");
});
