import { expect, test } from "vitest";
import { Words } from "@report/data/words";
import russian from "../../messages/ru.json";
import { blankEvent, eventText, eventWords } from "./events";

test("events are written as the command line has them", () => {
  const hub = blankEvent("xing:zabaykalsk");
  expect(eventText(hub)).toBe("close:xing:zabaykalsk");
  expect(eventText({ ...hub, starts: "2026-10-14T00:00", ends: "2026-10-16T00:00" })).toBe("close:xing:zabaykalsk from 2026-10-14T00:00 to 2026-10-16T00:00");
  expect(eventText({ ...hub, what: "limit", amount: "50" })).toBe("limit:xing:zabaykalsk=0.5");
  expect(eventText({ ...hub, what: "limit", amount: "0" })).toBe("limit:xing:zabaykalsk=0");
  expect(eventText({ ...hub, what: "delay", amount: "6" })).toBe("delay:xing:zabaykalsk=6");
  expect(eventText({ ...hub, what: "limit", resource: " x ", amount: "25" })).toBe("limit:x=0.25");
  expect(eventText({ ...hub, what: "delay", amount: "6.5", ends: "2026-10-09T00:00" })).toBe("delay:xing:zabaykalsk=6.5 to 2026-10-09T00:00");
  expect(eventText({ ...hub, what: "close", amount: "7" })).toBe("close:xing:zabaykalsk");
  expect(eventText({ ...hub, what: "surcharge", amount: "1e2" })).toBe("surcharge:xing:zabaykalsk=100");
  expect(eventText({ ...hub, what: "known", resource: " zab-strike ", starts: "x" })).toBe("zab-strike");
});

test("events are told again in the reader's words", () => {
  const w = new Words("ru", russian);
  expect(eventWords("close:xing:zabaykalsk from 2026-10-14T00:00 to 2026-10-16T00:00", w)).toBe("xing:zabaykalsk: закрыто с 2026-10-14 00:00 до 2026-10-16 00:00");
  expect(eventWords("delay:lane=6.5", w)).toBe("lane: дольше на 6,5 ч");
  expect(eventWords("limit:lane=0.5 from 2026-10-14T00:00", w)).toMatch(/^lane: остаётся 50\s?% пропускной способности с 2026-10-14 00:00$/);
  expect(eventWords("zab-strike", w)).toBe("zab-strike");
});
