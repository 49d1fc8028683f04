// Departures that are late, and where they are on the map.
import type { ReportState } from "@report/state.svelte";
import type { Departure } from "../data/followings";

type Stretch = Pick<Departure, "service" | "from" | "to">;

/** Parcels that ride it are behind the plan, or will miss it at the pace they have. */
export const isLate = (row: Pick<Departure, "behind" | "will_miss">) => row.behind > 0 || row.will_miss > 0;

/** Flows of the map on which parcels ride a departure: the legs of its service from where they get on to where they get off. */
export function flowsOf(state: Pick<ReportState, "payload" | "rides">, { service, from, to }: Stretch): string[] {
  const { hubs, services } = state.payload;
  const ofService = state.rides.filter((ride) => services[ride.service].id === service);
  const rides = ofService.filter((ride) => ride.departure === ofService[0].departure).sort((a, b) => a.place - b.place);
  const on = rides.findIndex((ride) => hubs[ride.from].id === from);
  const off = rides.findIndex((ride, at) => at >= on && hubs[ride.to].id === to);
  return on < 0 || off < 0 ? [] : rides.slice(on, off + 1).map((ride) => `${ride.from}-${ride.to}-${ride.mode}`);
}
