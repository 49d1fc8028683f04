import { describe as group, expect, it } from "vitest";
import { AppWords } from "../data/words";
import type { ColumnInfo } from "../data/types";
import { describe, writeOut } from "./columns";

const column = (name: string): ColumnInfo => ({ name, type: "number", unit: "", default: null, required: false, key: false, description: "as told", options: [], capacity: false });

group("families of columns", () => {
  it("are written out with what is there and with the usual dimensions", () => {
    const found = writeOut([column("mode"), column("cap_<dim>"), column("cap_t"), column("cap_teu")]);
    expect(found.map((one) => one.name)).toEqual(["mode", "cap_m3", "cap_seats", "cap_t", "cap_teu"]);
    expect(writeOut([column("<dim>_per_unit")]).map((one) => one.name)).toEqual(["t_per_unit", "m3_per_unit", "seats_per_unit"]);
  });
  it("share a description; what the catalog does not know is told as the server says it", () => {
    const words = new AppWords("en", { "col.services.cap_<dim>": "room", "col.services.mode": "how" });
    expect(["cap_teu", "mode", "price_per_unit"].map((name) => describe(words, "services", column(name)))).toEqual(["room", "how", "as told"]);
  });
});
