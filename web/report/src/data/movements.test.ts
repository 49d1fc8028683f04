import { describe, expect, it } from "vitest";
import { countFlows, flowsOf, progress, ridesOf, waysOf } from "./movements";
import type { Payload } from "./types";

/** Two vehicles A to B, one on to C; two goods. */
const payload = {
  goods: [
    { id: "g", names: ["g", "g", "g"], t: 1 },
    { id: "h", names: ["h", "h", "h"], t: 0.5 },
  ],
  services: [{ mode: 0 }, { mode: 1 }],
  handling: ["customs"],
  handling_h: [2],
  handling_hub: [1],
  departures: { service: [0, 1, 0], owner: ["", "", ""], leaves: [0, 60, 600], runs: [2, 1, 1], empty: [0, 0, 1], fill: [1, 1, 0] },
  rides: { departure: [0, 1, 1, 2], leg: [1, 1, 2, 1], from: [0, 0, 1, 0], to: [1, 1, 2, 1], leaves: [0, 60, 120, 600], arrives: [60, 120, 240, 700] },
  loads: { ride: [0, 0, 1, 2], good: [0, 1, 0, 0], qty: [10, 4, 3, 3] },
  ways: { order: [5, 5, 6], trade: [-1, 0, -1], qty: [10, 3, 4], first: [0, 2, 4], step: [0, -1, 1, 2, 0], leaves: [0, 60, 60, 120, 0] },
} as unknown as Payload;

const rides = ridesOf(payload);
const flows = flowsOf(rides);

describe("flows", () => {
  it("puts rides together by ends and mode", () => {
    expect(flows.map((flow) => [flow.key, flow.rides.length])).toEqual([["0-1-0", 2], ["0-1-1", 1], ["1-2-1", 1]]);
  });

  it("counts tonnes of the goods that are shown, the largest flow first", () => {
    const all = countFlows(flows, new Set([0, 1]), new Set([0, 1]));
    expect(all.map((item) => [item.flow.key, item.t, item.vehicles])).toEqual([["0-1-0", 12, 2], ["0-1-1", 3, 1], ["1-2-1", 3, 1]]);
    expect(countFlows(flows, new Set([1]), new Set([0, 1])).map((item) => item.t)).toEqual([2]);
    expect(countFlows(flows, new Set([0, 1]), new Set([1])).length).toBe(2);
  });
});

describe("progress", () => {
  const ride = { departure: 0, leg: 1, from: 0, to: 1, leaves: 9900, arrives: 10200 };
  it("is the part of the leg that is done, and null before and after", () => {
    expect(progress(ride, 10050, 10080, false)).toBe(0.5);
    expect(progress(ride, 9899, 10080, false)).toBeNull();
    expect(progress(ride, 10200, 10080, false)).toBeNull();
  });
  it("goes on in the next cycle where the week repeats", () => {
    expect(progress(ride, 60, 10080, true)).toBe(0.8);
    expect(progress(ride, 60, 10080, false)).toBeNull();
  });
});

describe("ways", () => {
  it("lists the steps of each path of an order", () => {
    const ways = waysOf(payload, rides, 5);
    expect(ways.map((way) => [way.trade, way.qty, way.steps.length])).toEqual([[-1, 10, 2], [0, 3, 2]]);
    expect(ways[0].steps[1]).toEqual({ ride: null, handling: 0, leaves: 60, arrives: 180 });
    expect(ways[1].steps[1].arrives).toBe(240);
    expect(waysOf({ ...payload, ways: null }, rides, 5)).toEqual([]);
  });
});
