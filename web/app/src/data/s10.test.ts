import { describe, expect, it } from "vitest";
import { faultOf, isChecked, spacedNumber, tidyNumber } from "./s10";

describe("numbers of parcels", () => {
  it("have the check digits that UPU S10 and posts print", () => {
    for (const number of ["AA473124829GB", "EB000717618HK", "EB000717595HK", "EE876543216CA", "RR287043775IN", "LE704280574SE", "RB123456785US"]) {
      expect(isChecked(number), number).toBe(true);
    }
    // every remainder: 0 and 6 give 5, 1 gives 0
    const serials = ["000000155", "000000080", "000000059", "000000028", "000000147", "000000076", "000000045", "000000014", "000000093", "000000062", "000000031"];
    for (const serial of serials) expect(isChecked(`RR${serial}CN`), serial).toBe(true);
  });
  it("are refused for a wrong digit and for two that are exchanged", () => {
    expect(faultOf("RR123456785RU")).toBe(null);
    expect(faultOf("RR123456784RU")).toBe("check");
    expect(faultOf("RR213456785RU")).toBe("check");
  });
  it("may be typed with blanks and in small letters", () => {
    expect(tidyNumber(" rr 123 456 785 ru ")).toBe("RR123456785RU");
    expect(spacedNumber("RR123456785RU")).toBe("RR 123 456 785 RU");
  });
  it("of a sender's own keep their letters, and are asked for when they are long enough", () => {
    expect(tidyNumber("Shop-2026 a1b2c3")).toBe("Shop-2026a1b2c3");
    expect(faultOf("Shop-2026a1b2c3")).toBe(null);
    expect(faultOf("Shop-1")).toBe("short");
    expect(faultOf("")).toBe("blank");
    expect(faultOf("RR123456785<b>")).toBe("signs");
  });
});
