import { describe, expect, it } from "vitest";
import { eventText } from "./followings";

describe("an event that is put together", () => {
  const blank = { amount: "", from: "", to: "" };
  it("is written as the command line has it", () => {
    const window = { from: "2026-10-07T00:00", to: "2026-10-09T00:00" };
    expect(eventText({ kind: "close", resource: " xing:zabaykalsk ", amount: "7", ...window })).toBe("close:xing:zabaykalsk from 2026-10-07T00:00 to 2026-10-09T00:00");
    expect(eventText({ ...blank, kind: "close", resource: "A-town" })).toBe("close:A-town");
  });
  it("has its amount: a part, hours or money", () => {
    expect(eventText({ ...blank, kind: "limit", resource: "x", amount: "25" })).toBe("limit:x=0.25");
    expect(eventText({ ...blank, kind: "delay", resource: "x", amount: "6.5", to: "2026-10-09T00:00" })).toBe("delay:x=6.5 to 2026-10-09T00:00");
    expect(eventText({ ...blank, kind: "surcharge", resource: "x", amount: "12" })).toBe("surcharge:x=12");
  });
});
