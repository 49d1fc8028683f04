// Flows for the map: rides put together by where they lead and by mode, and what is under way at a moment.
import type { Payload, RideRow } from "./types";
import { rowsOf } from "./rows";

export interface Load {
  good: number;
  qty: number;
  t: number;
}

/** One leg of one departure, with what rides on it. */
export interface Ride extends RideRow {
  place: number;
  service: number;
  mode: number;
  vehicles: number;
  loads: Load[];
}

/** All rides from one hub to another by one mode. */
export interface Flow {
  key: string;
  from: number;
  to: number;
  mode: number;
  rides: Ride[];
}

/** A flow, counted with a filter of goods. */
export interface FlowLoad {
  flow: Flow;
  t: number;
  vehicles: number;
  byGood: Map<number, Load>;
}

export function ridesOf(payload: Payload): Ride[] {
  const { departures, loads, services, goods } = payload;
  const rides: Ride[] = rowsOf<RideRow>(payload.rides).map((row, place) => {
    const service = departures.service[row.departure];
    return {
      ...row,
      place,
      service,
      mode: services[service].mode,
      vehicles: departures.runs[row.departure] + departures.empty[row.departure],
      loads: [],
    };
  });
  loads.ride.forEach((ride, at) => {
    const good = loads.good[at];
    rides[ride].loads.push({ good, qty: loads.qty[at], t: loads.qty[at] * goods[good].t });
  });
  return rides;
}

export function flowsOf(rides: Ride[]): Flow[] {
  const found = new Map<string, Flow>();
  for (const ride of rides) {
    const key = `${ride.from}-${ride.to}-${ride.mode}`;
    const flow = found.get(key);
    if (flow) flow.rides.push(ride);
    else found.set(key, { key, from: ride.from, to: ride.to, mode: ride.mode, rides: [ride] });
  }
  return [...found.values()];
}

/** Count flows with the goods and modes that are shown; flows without any of them are left out, largest first. */
export function countFlows(flows: Flow[], goods: ReadonlySet<number>, modes: ReadonlySet<number>): FlowLoad[] {
  const found: FlowLoad[] = [];
  for (const flow of flows) {
    if (!modes.has(flow.mode)) continue;
    const byGood = new Map<number, Load>();
    let t = 0;
    let vehicles = 0;
    for (const ride of flow.rides) {
      let rides = false;
      for (const load of ride.loads) {
        if (!goods.has(load.good)) continue;
        rides = true;
        t += load.t;
        const sum = byGood.get(load.good);
        if (sum) {
          sum.qty += load.qty;
          sum.t += load.t;
        } else byGood.set(load.good, { ...load });
      }
      if (rides) vehicles += ride.vehicles;
    }
    if (byGood.size) found.push({ flow, t, vehicles, byGood });
  }
  return found.sort((a, b) => b.t - a.t || a.flow.key.localeCompare(b.flow.key));
}

/** How far along its leg a ride is at a minute: 0 to 1, or null when it is not under way. */
export function progress(ride: RideRow, minute: number, horizon: number, cyclic: boolean): number | null {
  const length = ride.arrives - ride.leaves;
  let since = minute - ride.leaves;
  if (cyclic) since = ((since % horizon) + horizon) % horizon;
  if (since < 0 || since >= length) {
    // a ride of more than a cycle is under way in each of them; the latest is the one that is shown
    return null;
  }
  return length > 0 ? since / length : 0;
}

/** Tonnes of the goods shown on a ride. */
export function tonnesOn(ride: Ride, goods: ReadonlySet<number>): number {
  let t = 0;
  for (const load of ride.loads) if (goods.has(load.good)) t += load.t;
  return t;
}

export interface Way {
  trade: number;
  qty: number;
  steps: { ride: Ride | null; handling: number; leaves: number; arrives: number }[];
}

/** Ways of an order, `place` being its row in the table of the run. */
export function waysOf(payload: Payload, rides: Ride[], place: number): Way[] {
  const ways = payload.ways;
  if (!ways) return [];
  const found: Way[] = [];
  ways.order.forEach((order, at) => {
    if (order !== place) return;
    const end = at + 1 < ways.first.length ? ways.first[at + 1] : ways.step.length;
    const steps = [];
    for (let step = ways.first[at]; step < end; step++) {
      const code = ways.step[step];
      const leaves = ways.leaves[step];
      if (code >= 0) {
        const ride = rides[code];
        steps.push({ ride, handling: -1, leaves, arrives: leaves + ride.arrives - ride.leaves });
      } else {
        const handling = -1 - code;
        steps.push({ ride: null, handling, leaves, arrives: leaves + Math.round(payload.handling_h[handling] * 60) });
      }
    }
    found.push({ trade: ways.trade[at], qty: ways.qty[at], steps });
  });
  return found;
}
