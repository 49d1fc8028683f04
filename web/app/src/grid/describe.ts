import type { ColumnInfo } from "../data/types";
import type { AppWords } from "../data/words";

/** What a column means: in the catalog's words, or as the server says it. Families (cap_t, t_per_unit) share a sentence. */
export function describe(w: AppWords, table: string, column: ColumnInfo): string {
  const family = column.name.replace(/^cap_\w+$/, "cap_<dim>").replace(/^\w+_per_unit$/, "<dim>_per_unit");
  const key = [column.name, family].map((name) => `col.${table}.${name}`).find((one) => w.has(one));
  return key ? w.t(key) : column.description;
}
