import { expect, test } from "vitest";
import { frontierOf, wishOf, wishOptions } from "./worth";

test("a wish is read from the address, and what it cannot be is not asked", () => {
  const wish = wishOf({ players: "parties", quotas: "volume", budget: "500", seconds: "2.5" });
  expect(wishOptions(wish, true)).toEqual({ players: "parties", quotas: "volume", coalition_s: 2.5, budget: 500 });
  expect(wishOptions(wish, false).budget).toBeNull();
  expect(wishOptions(wishOf({ players: "planets", quotas: "x" }), true)).toEqual({ players: "regions", quotas: null, coalition_s: 10, budget: null });
  expect(wishOptions(wishOf({ budget: "0" }), true).budget).toBe(0);
});

test("a frontier keeps where the best set changes, and its ends", () => {
  const at = (budget: number, signed: string) => ({ budget, signed, cost: 0, net_low: 0, net_high: 0, best_high: 0 });
  const found = frontierOf([at(30, "a b"), at(0, ""), at(10, "a"), at(20, "a"), at(40, "a b")]);
  expect(found.map((one) => one.budget)).toEqual([0, 10, 30, 40]);
});
