// Departures that are late, and where they are on the map.
import type { ReportState } from "@report/state.svelte";
import type { Departure } from "../data/followings";

/** Parcels that ride it are behind the plan, or will miss it at the pace they have. */
export const isLate = (row: Pick<Departure, "behind" | "will_miss">) => row.behind > 0 || row.will_miss > 0;

/** Flows of the map that services carry. */
export function flowsOfServices(state: Pick<ReportState, "payload" | "rides">, services: Set<string>): Set<string> {
  const rides = state.rides.filter((ride) => services.has(state.payload.services[ride.service].id));
  return new Set(rides.map((ride) => `${ride.from}-${ride.to}-${ride.mode}`));
}
