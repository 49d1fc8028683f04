// Names of places in the reader's language, as the case has them.
import type { Lang } from "@report/data/types";
import type { Row } from "../data/types";
import { textOf } from "../grid/block";

const OWN: Record<Lang, string> = { en: "name", ru: "name_ru", zh: "name_zh" };

/** Give what a place is called; a place that is not in the case is called by its id. */
export function namesOf(rows: Row[], lang: Lang): (hub: string | null) => string {
  const found = new Map(rows.map(({ values }) => [textOf(values.hub), textOf(values[OWN[lang]]) || textOf(values.name) || textOf(values.hub)]));
  return (hub) => (hub === null ? "" : (found.get(hub) ?? hub));
}
