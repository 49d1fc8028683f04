import { describe, expect, it } from "vitest";
import { firstLanguage } from "./words";

describe("the first language", () => {
  it("is the chosen one, else the first of the browser's that there is", () => {
    expect(firstLanguage("zh", ["ru-RU"])).toBe("zh");
    expect(firstLanguage(null, ["de-DE", "ru-RU", "en"])).toBe("ru");
    expect(firstLanguage(null, ["zh-Hans-CN"])).toBe("zh");
    expect(firstLanguage("fr", ["fr"])).toBe("en");
  });
});
