import { expect, test } from "vitest";
import { flowsOfServices, isLate } from "./late";

test("a departure is late when parcels on it are behind or will miss it", () => {
  expect(isLate({ behind: 0, will_miss: 0 })).toBe(false);
  expect(isLate({ behind: 1, will_miss: 0 })).toBe(true);
  expect(isLate({ behind: 0, will_miss: 2 })).toBe(true);
});

test("flows are those of the legs of the services", () => {
  const payload = { services: [{ id: "train" }, { id: "truck" }] };
  const rides = [{ service: 0, from: 1, to: 2, mode: 0 }, { service: 0, from: 2, to: 3, mode: 0 }, { service: 1, from: 1, to: 2, mode: 1 }];
  const found = flowsOfServices({ payload, rides } as unknown as Parameters<typeof flowsOfServices>[0], new Set(["train"]));
  expect([...found]).toEqual(["1-2-0", "2-3-0"]);
});
