// A run for the report's sections: its payload, the outlines of land, the catalogs of all languages.
import type { Topology } from "topojson-specification";
import type { Lang } from "@report/data/types";
import { ReportState } from "@report/state.svelte";
import type { Corridor } from "../data/types";
import { LANGS, loadCatalog } from "../data/words";
import { api } from "../state.svelte";

let outlines: Promise<Topology> | undefined;

/** Land and borders, as the server has them; read once. */
function readOutlines(): Promise<Topology> {
  outlines ??= api.outlines();
  return outlines;
}

export interface OpenReport {
  state: ReportState;
  /** Totals of all, where the run shows a part only. */
  corridor: Corridor | null;
}

export async function openReport(run: string, lang: Lang): Promise<OpenReport> {
  const [{ corridor, ...payload }, topology, ...catalogs] = await Promise.all([api.report(run), readOutlines(), ...LANGS.map(loadCatalog)]);
  const messages = { en: catalogs[0], ru: catalogs[1], zh: catalogs[2] };
  return { state: new ReportState({ lang, messages, payload, outlines: topology }), corridor };
}
