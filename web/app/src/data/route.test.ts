import { describe, expect, it } from "vitest";
import { href, parseRoute } from "./route";

describe("addresses", () => {
  it("come back as they were made", () => {
    const address = href("tables", { case: "c 1", table: "orders" }, { q: "milk & honey", row: "a/b", none: "" });
    expect(address).toBe("#/cases/c%201/tables/orders?q=milk+%26+honey&row=a%2Fb");
    expect(parseRoute(address)).toEqual({ page: "tables", params: { case: "c 1", table: "orders" }, query: { q: "milk & honey", row: "a/b" } });
  });
  it("with fixed words win over holes", () => {
    expect(parseRoute("#/cases/new").page).toBe("new-case");
    expect(parseRoute("#/cases/c1").page).toBe("case");
    expect(parseRoute("#/cases/c1/agreements/new").page).toBe("new-agreement");
  });
  it("of the first page, of nothing known, and of links with a token", () => {
    expect(parseRoute("").page).toBe("cases");
    expect(parseRoute("#/what/is/this").page).toBe("unknown");
    expect(parseRoute("#/setup?token=abc").query).toEqual({ token: "abc" });
    expect(parseRoute("#/cases/%E0%A4%A").params.case).toBe("%E0%A4%A");
  });
});
