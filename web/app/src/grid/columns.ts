// Columns of a table: families written out, and what each means.
import type { ColumnInfo } from "../data/types";
import type { AppWords } from "../data/words";

const FAMILY = "<dim>";
const USUAL = ["t", "m3", "seats"];

/** Write families (`cap_<dim>`) out: the columns that are there, and those of the usual dimensions that are not yet. */
export function writeOut(columns: ColumnInfo[]): ColumnInfo[] {
  const known = new Set(columns.map((column) => column.name));
  return columns.flatMap((column) => {
    if (!column.name.includes(FAMILY)) return [column];
    const names = USUAL.map((dimension) => column.name.replace(FAMILY, dimension));
    return names.filter((name) => !known.has(name)).map((name) => ({ ...column, name }));
  });
}

/** What a column means: in the catalog's words, or as the server says it. Families (cap_t, t_per_unit) share a sentence. */
export function describe(w: AppWords, table: string, column: ColumnInfo): string {
  const family = column.name.replace(/^cap_\w+$/, `cap_${FAMILY}`).replace(/^\w+_per_unit$/, `${FAMILY}_per_unit`);
  const key = [column.name, family].map((name) => `col.${table}.${name}`).find((one) => w.has(one));
  return key ? w.t(key) : column.description;
}
