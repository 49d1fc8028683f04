// Blocks of cells: where the cursor is, what is selected, what a pasted text holds, and which edits follow.
import type { Change, ColumnInfo, Row, Values } from "../data/types";

export interface Place {
  row: number;
  column: number;
}

export interface Block {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export function blockOf(a: Place, b: Place): Block {
  return {
    top: Math.min(a.row, b.row),
    left: Math.min(a.column, b.column),
    bottom: Math.max(a.row, b.row),
    right: Math.max(a.column, b.column),
  };
}

export function isIn(block: Block, row: number, column: number): boolean {
  return row >= block.top && row <= block.bottom && column >= block.left && column <= block.right;
}

/**
 * Read what a spreadsheet puts on the clipboard: cells between tabs, rows between line ends; a cell with a tab, a line
 * end or a quotation mark in it stands in quotation marks, those inside doubled.
 */
export function readBlock(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += sign;
        at++;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === "\t") {
      rows[rows.length - 1].push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at++;
      rows[rows.length - 1].push(cell);
      cell = "";
      rows.push([]);
    } else cell += sign;
  }
  rows[rows.length - 1].push(cell);
  const last = rows[rows.length - 1];
  if (rows.length > 1 && last.length === 1 && last[0] === "") rows.pop(); // the line end after the last row
  return rows;
}

/** The opposite: text that a spreadsheet takes. */
export function writeBlock(rows: string[][]): string {
  const quoted = (cell: string) => (/["\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

/** What a cell shows. */
export const textOf = (value: string | undefined): string => value ?? "";

export interface Pasted {
  changes: Change[];
  cells: number;
  /** Columns that were named in the first row; null where it held values. */
  header: string[] | null;
  /** Cells that were passed over: of a partner, or beyond the last column. */
  left: number;
}

/**
 * Make edits of a pasted block, from a cell on; rows beyond the last are added. Where its first row names columns, values
 * go to those, and where these hold the rows' ids, to the rows with the same id. What may not be edited is passed over and
 * counted.
 */
export function pasteBlock(block: string[][], start: Place, rows: Row[], columns: ColumnInfo[]): Pasted {
  const names = columns.map((column) => column.name);
  const first = block[0].map((cell) => cell.trim());
  const hasHeader = block.length > 1 && first.length > 0 && first.every((cell) => names.includes(cell)) && new Set(first).size === first.length;
  const targets = hasHeader ? first : first.map((_, at) => names[start.column + at]);
  const body = hasHeader ? block.slice(1) : block;
  const changes: Change[] = [];
  let cells = 0;
  let left = 0;
  const find = hasHeader ? byId(rows, columns, targets) : null;
  body.forEach((line, at) => {
    const row = find ? find(line) : (rows[start.row + at] as Row | undefined);
    const values: Values = {};
    line.forEach((text, place) => {
      const name = targets[place];
      if (!name || (row && !isEditable(row, name))) left++;
      else if (!row || textOf(row.values[name]) !== text.trim()) values[name] = text.trim();
    });
    const count = Object.keys(values).length;
    if (!count || (!row && Object.values(values).every((value) => value === ""))) return;
    cells += count;
    changes.push({ key: row?.key ?? null, etag: row?.etag ?? null, values });
  });
  return { changes, cells, header: hasHeader ? first : null, left };
}

/** How a line of a block finds its row by id; null where the block does not hold all columns of the id. */
function byId(rows: Row[], columns: ColumnInfo[], targets: string[]): ((line: string[]) => Row | undefined) | null {
  const keys = columns.filter((column) => column.key).map((column) => column.name);
  if (!keys.length || !keys.every((name) => targets.includes(name))) return null;
  const known = new Map(rows.map((row) => [keys.map((name) => textOf(row.values[name])).join("\u0000"), row]));
  return (line) => known.get(keys.map((name) => (line[targets.indexOf(name)] ?? "").trim()).join("\u0000"));
}

export function isEditable(row: Row, column: string): boolean {
  return row.editable && !row.hidden.includes(column);
}

/** The next cell when Tab or Enter is pressed in a block of cells. */
export function move(place: Place, rows: number, columns: number, by: { row?: number; column?: number }): Place {
  const clamp = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  return { row: clamp(place.row + (by.row ?? 0), rows), column: clamp(place.column + (by.column ?? 0), columns) };
}

/** Tab goes on to the next row at the end of one; null at the end of all. */
export function tab(place: Place, rows: number, columns: number, step: 1 | -1): Place | null {
  const at = place.row * columns + place.column + step;
  if (at < 0 || at >= rows * columns) return null;
  return { row: Math.floor(at / columns), column: at % columns };
}
