// What the page is given: the payload that landbridge.report.payload makes. Positions are indices into the lists
// of places, -1 meaning none; times are minutes since the start of the case; money is in the case's currency.
import type { Topology } from "topojson-specification";

export type Lang = "en" | "ru" | "zh";
export const LANGS: readonly Lang[] = ["en", "ru", "zh"];
export type Names = [string, string, string];
export type Columns<T> = { [K in keyof T]: T[K][] };

/** Where the search stood after so many seconds. */
export interface TracePoint {
  seconds: number;
  value: number | null;
  bound: number | null;
}

export interface Summary {
  case: string;
  status: string;
  value: number | null;
  bound: number | null;
  gap: number | null;
  spend: number;
  money: Record<string, number>;
  currency: string;
  start: string;
  horizon_h: number;
  cyclic: boolean;
  agreements: string;
  seconds: number;
  threads: number;
  seed: number;
  candidates: number;
  pins_only: boolean;
  origins: Record<string, number>;
  limits: Record<string, number | null>;
  versions: Record<string, string>;
  input_sha256: string;
  trace: TracePoint[];
}

export interface Hub {
  id: string;
  names: Names;
  kind: string;
  region: number;
  at: [number, number] | null;
  zone: number;
}

export interface Service {
  id: string;
  mode: number;
  owner: string;
  route: number[];
  cap: Record<string, number>;
  departures: number;
  runs: number;
  empty: number;
  t: number;
  fill: number | null;
  t_km: number | null;
  cost: number;
}

export interface DepartureRow {
  service: number;
  owner: string;
  leaves: number;
  runs: number;
  empty: number;
  fill: number;
}

export interface RideRow {
  departure: number;
  leg: number;
  from: number;
  to: number;
  leaves: number;
  arrives: number;
}

export interface OrderRow {
  place: number;
  id: string;
  party: number;
  good: number;
  from: number;
  to: number;
  qty: number;
  filled: number;
  arrives: number | null;
  late_h: number;
  value: number;
  penalty: number;
  price: number;
  why: number;
}

export interface TradeRow {
  id: string;
  offer: string;
  bid: string;
  seller: number;
  buyer: number;
  good: number;
  from: number;
  to: number;
  qty: number;
  price: number;
  ask: number;
  limit: number;
}

export interface Crossing {
  a: number;
  b: number;
  mode: number;
  t: [number, number];
  runs: [number, number];
  there: number[];
  back: number[];
}

export interface Limit {
  id: string;
  hub: number;
  first: string;
  days: number[];
  unit: "runs" | "t";
  cap: number;
  mode: string;
  direction: string;
}

export interface Shares {
  summary: {
    players: string[];
    kind: string;
    method: string;
    agreements: string;
    verdict: string;
    epsilon_low: number;
    epsilon_high: number;
    value: number;
    bound: number;
    subsidy_low: number;
    subsidy_high: number;
    notes: Record<string, string>;
  };
  rows: { method: string; player: string; alone: number; share: number; gain: number; cash: number; payment: number }[];
  methods: { method: string; verdict: string; epsilon_low: number; epsilon_high: number; closest: string }[];
  settlement: { payer: string; payee: string; amount: number }[];
  certificate: { coalition: string; excess_low: number; excess_high: number; verdict: string }[];
  coalitions: number;
}

export interface Payload {
  version: string;
  name: string;
  summary: Summary;
  start: number;
  horizon: number;
  cyclic: boolean;
  zones: string[];
  regions: { id: string; country: string; names: Names }[];
  parties: { id: string; name: string; region: number }[];
  hubs: Hub[];
  goods: { id: string; names: Names; t: number }[];
  modes: string[];
  currencies: { code: string; per_unit: number; date: string; source: string }[];
  days: number;
  first_day: string;
  totals: { t: number; t_wanted: number; t_km: number; kgco2e: number; runs: number; empty: number; departures: number };
  services: Service[];
  handling: string[];
  handling_h: number[];
  handling_hub: number[];
  departures: Columns<DepartureRow>;
  rides: Columns<RideRow>;
  loads: { ride: number[]; good: number[]; qty: number[] };
  ways: { order: number[]; trade: number[]; qty: number[]; first: number[]; step: number[]; leaves: number[] } | null;
  crossings: Crossing[];
  limits: Limit[];
  region_rows: {
    region: number;
    cash: number | null;
    out: number;
    in: number;
    orders: number;
    served: number;
    part: number;
    runs: number;
  }[];
  served: {
    good: number;
    orders: number;
    orders_served: number;
    qty: number;
    filled: number;
    filled_t: number;
    offered: number;
    sold: number;
  }[];
  orders: { total: number; rows: Columns<OrderRow>; reasons: { kind: string; texts: string[] }[] };
  trades: Columns<TradeRow>;
  hub_prices: { good: number; hub: number; side: string; orders: number; low: number; mean: number; high: number }[];
  capacity_prices: { id: string; day: string; price: number; unit: string }[];
  shares: Shares | null;
}

export type Catalog = Record<string, string>;

export interface PageData {
  lang: Lang;
  messages: Record<Lang, Catalog>;
  payload: Payload;
  outlines: Topology;
}
