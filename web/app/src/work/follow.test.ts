import { describe, expect, it } from "vitest";
import { withStep } from "./follow.svelte";

const step = (seconds: number | null, value: number | null, bound: number | null) => ({ seconds, value, bound, gap: null, words: null });

describe("the picture of a search", () => {
  it("grows with each step, and leaves out steps that say nothing", () => {
    let trace = withStep([], step(null, null, null));
    expect(trace).toEqual([]);
    trace = withStep(trace, step(1, null, 50));
    trace = withStep(trace, step(2, 10, 40));
    expect(trace.map((point) => point.seconds)).toEqual([1, 2]);
  });
  it("takes the latest of one moment, and passes over what comes late", () => {
    const trace = [{ seconds: 5, value: 1, bound: 9 }];
    expect(withStep(trace, step(5, 2, 8))).toEqual([{ seconds: 5, value: 2, bound: 8 }]);
    expect(withStep(trace, step(4.5, 1, 9))).toBe(trace);
  });
  it("starts anew when the job is taken again", () => {
    expect(withStep([{ seconds: 50, value: 1, bound: 9 }], step(1, null, 99))).toEqual([{ seconds: 1, value: null, bound: 99 }]);
  });
});
