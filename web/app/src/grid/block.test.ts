import { describe, expect, it } from "vitest";
import type { ColumnInfo, Row } from "../data/types";
import { blockOf, isIn, move, pasteBlock, readBlock, tab, writeBlock } from "./block";

const column = (name: string): ColumnInfo => ({ name, type: "text", unit: "", default: null, required: false, key: name === "order", description: "", options: [], capacity: false });
const columns = ["order", "good", "qty", "price"].map(column);
const row = (key: string, values: Row["values"], hidden: string[] = [], editable = true): Row => ({
  key,
  values,
  owners: [],
  editable,
  hidden,
  visibility: "corridor",
  partners: [],
  etag: `e-${key}`,
});
const rows = [row("o1", { order: "o1", good: "milk", qty: "5", price: "3" }), row("o2", { order: "o2", good: "milk", qty: "7" }, ["price"])];

describe("a block from a spreadsheet", () => {
  it("has cells between tabs and rows between line ends of every kind", () => {
    expect(readBlock("a\tb\r\nc\td\r\n")).toEqual([["a", "b"], ["c", "d"]]);
    expect(readBlock("a\nb")).toEqual([["a"], ["b"]]);
    expect(readBlock("a\t\n\tb")).toEqual([["a", ""], ["", "b"]]);
  });
  it("may hold tabs, line ends and quotation marks inside a cell", () => {
    expect(readBlock('"a\tb"\t"line\nend"\n"say ""so"""\tx')).toEqual([["a\tb", "line\nend"], ['say "so"', "x"]]);
    expect(readBlock('5" pipe\tb')).toEqual([['5" pipe', "b"]]);
  });
  it("comes back as it was written", () => {
    const cells = [["a", 'b "c"', "d\te"], ["", "1\n2", "中文"]];
    expect(readBlock(writeBlock(cells))).toEqual(cells);
  });
});

describe("pasting", () => {
  it("changes cells from the chosen one on, and nothing that is as it was", () => {
    const found = pasteBlock([["9", "4"], ["7", "6"]], { row: 0, column: 2 }, rows, columns);
    expect(found.changes).toEqual([{ key: "o1", etag: "e-o1", values: { qty: "9", price: "4" } }]);
    expect([found.cells, found.left]).toEqual([2, 1]); // the price of o2 is a partner's
  });
  it("adds rows beyond the last, and none that are blank", () => {
    const found = pasteBlock([["o2", "soy"], ["o3", "soy"], ["", ""]], { row: 1, column: 0 }, rows, columns);
    expect(found.changes).toEqual([
      { key: "o2", etag: "e-o2", values: { good: "soy" } },
      { key: null, etag: null, values: { order: "o3", good: "soy" } },
    ]);
  });
  it("goes by the names in the first row where all of them are columns", () => {
    const found = pasteBlock([["qty", "good"], ["1", "rice"]], { row: 0, column: 0 }, rows, columns);
    expect(found.header).toEqual(["qty", "good"]);
    expect(found.changes).toEqual([{ key: "o1", etag: "e-o1", values: { qty: "1", good: "rice" } }]);
    expect(pasteBlock([["qty"]], { row: 0, column: 0 }, rows, columns).header).toBeNull();
  });
  it("finds rows by their id where the first row names it, wherever they stand", () => {
    const found = pasteBlock([["good", "order"], ["rice", "o2"], ["corn", "o9"]], { row: 0, column: 3 }, rows, columns);
    expect(found.changes).toEqual([
      { key: "o2", etag: "e-o2", values: { good: "rice" } },
      { key: null, etag: null, values: { good: "corn", order: "o9" } },
    ]);
  });
  it("passes over rows of others and what lies beyond the last column", () => {
    const theirs = [row("o1", { order: "o1", price: "1" }, [], false)];
    expect(pasteBlock([["5", "6"]], { row: 0, column: 3 }, theirs, columns)).toEqual({ changes: [], cells: 0, header: null, left: 2 });
  });
});

describe("the cursor", () => {
  it("stays inside", () => {
    expect(move({ row: 0, column: 0 }, 3, 4, { row: -1, column: -1 })).toEqual({ row: 0, column: 0 });
    expect(move({ row: 1, column: 1 }, 3, 4, { row: 99, column: 99 })).toEqual({ row: 2, column: 3 });
  });
  it("goes on to the next row by Tab, and out at the ends", () => {
    expect(tab({ row: 0, column: 3 }, 2, 4, 1)).toEqual({ row: 1, column: 0 });
    expect(tab({ row: 1, column: 0 }, 2, 4, -1)).toEqual({ row: 0, column: 3 });
    expect(tab({ row: 1, column: 3 }, 2, 4, 1)).toBeNull();
    expect(tab({ row: 0, column: 0 }, 2, 4, -1)).toBeNull();
  });
  it("spans a block from either corner", () => {
    expect(blockOf({ row: 3, column: 0 }, { row: 1, column: 2 })).toEqual({ top: 1, left: 0, bottom: 3, right: 2 });
    expect(isIn(blockOf({ row: 3, column: 0 }, { row: 1, column: 2 }), 2, 1)).toBe(true);
    expect(isIn(blockOf({ row: 3, column: 0 }, { row: 1, column: 2 }), 0, 1)).toBe(false);
  });
});
