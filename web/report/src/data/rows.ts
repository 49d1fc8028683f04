import type { Columns } from "./types";

/** Turn columns into rows. */
export function rowsOf<T>(columns: Columns<T>): T[] {
  const names = Object.keys(columns) as (keyof T)[];
  const count = names.length ? columns[names[0]].length : 0;
  return Array.from({ length: count }, (_, at) => {
    const row = {} as T;
    for (const name of names) row[name] = columns[name][at];
    return row;
  });
}
