import { expect, test } from "vitest";
import { flowsOf, isLate } from "./late";

test("a departure is late when parcels on it are behind or will miss it", () => {
  expect(isLate({ behind: 0, will_miss: 0 })).toBe(false);
  expect(isLate({ behind: 1, will_miss: 0 })).toBe(true);
  expect(isLate({ behind: 0, will_miss: 2 })).toBe(true);
});

test("only the legs on which parcels ride are late, not those before, after or back", () => {
  const payload = { hubs: [{ id: "A" }, { id: "B" }, { id: "C" }], services: [{ id: "train" }, { id: "truck" }] };
  const leg = (place: number, departure: number, service: number, from: number, to: number) => ({ place, departure, service, from, to, mode: service });
  const rides = [leg(0, 0, 0, 0, 1), leg(1, 0, 0, 1, 2), leg(2, 0, 0, 2, 0), leg(3, 1, 1, 0, 1), leg(4, 2, 0, 0, 1)];
  const state = { payload, rides } as unknown as Parameters<typeof flowsOf>[0];
  expect(flowsOf(state, { service: "train", from: "A", to: "C" })).toEqual(["0-1-0", "1-2-0"]);
  expect(flowsOf(state, { service: "train", from: "B", to: "C" })).toEqual(["1-2-0"]);
  expect(flowsOf(state, { service: "bus", from: "A", to: "C" })).toEqual([]);
});
