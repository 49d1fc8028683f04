import { describe, expect, it } from "vitest";
import { Format } from "./format";
import type { Payload } from "./types";

const payload = {
  start: Date.UTC(2026, 9, 4, 16) / 60_000, // Monday 5 October, 00:00 in Shanghai
  zones: ["Asia/Shanghai", "Asia/Vladivostok"],
  hubs: [{ id: "VVO", names: ["Vladivostok", "Владивосток", "符拉迪沃斯托克"], zone: 1 }],
  currencies: [
    { code: "CNY", per_unit: 1, date: "", source: "" },
    { code: "RUB", per_unit: 0.08, date: "2024-12-31", source: "" },
  ],
} as unknown as Payload;
const make = (lang: "en" | "ru" | "zh", currency = "CNY") => new Format(lang, { hello: "{n} of {all}" }, payload, currency);

describe("format", () => {
  it("fills holes, and shows a key that is missing as itself", () => {
    expect(make("en").t("hello", { n: 1, all: 2 })).toBe("1 of 2");
    expect(make("en").t("no-such-key")).toBe("no-such-key");
  });
  it("groups numbers as the language does", () => {
    expect(make("en").number(1234567)).toBe("1,234,567");
    expect(make("ru").number(1234567).replace(/\s/g, " ")).toBe("1 234 567");
  });
  it("turns money into the currency that is shown", () => {
    expect(make("en").money(8000)).toBe("8,000 CNY");
    expect(make("en", "RUB").money(8000)).toBe("100,000 RUB");
    expect(make("en").moneyIn(8, "RUB")).toBe("100 RUB");
  });
  it("does not show what is not nothing as nothing, nor what is not all as all", () => {
    expect(make("en").percent(0.0004)).toBe("< 1%");
    expect(make("en").percent(0.9999)).toBe("> 99%");
    expect(make("en").percent(0)).toBe("0%");
    expect(make("en").percent(1)).toBe("100%");
    expect(make("en").percent(null)).toBe("–");
  });
  it("tells times in the zone of the hub and the words of the language", () => {
    expect(make("en").time(60)).toContain("01:00");
    expect(make("en").time(60, 0)).toContain("03:00");
    expect(make("ru").time(0)).toMatch(/^пн/);
    expect(make("zh").time(0)).toContain("10月5日");
    expect(make("ru").hub(0)).toBe("Владивосток");
  });
});

describe("days", () => {
  it("are counted from the first, in the language", () => {
    expect(make("en").day("2026-10-05", 0)).toBe("Mon");
    expect(make("ru").day("2026-10-05", 6)).toBe("вс");
    expect(make("en").dayOfMonth("2026-10-05", 27)).toBe("1 Nov");
    expect(make("en").day("2026-10-05", 1, true)).toContain("Tuesday");
  });
});
