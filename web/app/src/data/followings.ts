// Plans that are followed: what their doors take and give (docs/design/server.md), and events as they are written.
import type { Passed } from "./track";
import type { Job } from "./types";

/** The twelve statuses of a parcel. */
export const STATUSES = [
  "pending", "picked_up", "in_transit", "on_hold", "out_for_delivery", "ready_for_pickup",
  "delivery_failed", "delivery_delayed", "delivered", "return_to_sender", "cancelled", "unknown",
] as const; // prettier-ignore

/** A departure that parcels will miss at the pace they have. */
export interface Missed {
  service: string;
  departs: string;
  hub: string;
  leaves: string;
  parcels: number;
  weight_kg: number;
  late_h: number;
}

export interface Standing {
  as_of: string | null;
  parcels: number;
  placed: number;
  unplaced: number;
  /** Parcels by why they have no place; blank: they have one. */
  by_code: Record<string, number>;
  status: Record<string, number>;
  on_the_way: number;
  /** More than an hour behind the plan. */
  behind: number;
  behind_median_h: number;
  /** Longer on a leg than 95 of 100. */
  alarms: number;
  promises: { made: number; planned_late: number; kept: number; broken: number; in_danger: number };
  missed_departures: Missed[];
}

export interface Following {
  id: string;
  case: string;
  run: string;
  name: string;
  created: string;
  parcels: number;
  placed: number;
  events: number;
  as_of: string | null;
  /** Numbers may be looked up by everybody. */
  tracking: boolean;
  standing: Standing | null;
  job: Job | null;
  etag: string;
}

/** Fields beside a file that is sent; blank ones are left out. */
export type Upload = Record<string, string>;

/** What became of a file. */
export interface Taken {
  /** It was only looked at. */
  dry_run: boolean;
  read: number;
  taken: number;
  known?: number;
  set_aside: number;
  /** Ids that stand in several rows, and whether those were read as articles of one order (`rows`). */
  several?: number;
  articles?: string;
  /** Of a dry run, rows one by one: the first few hundred, those with something to tell before the others. */
  by_row?: { line: number; id: string; status: "sound" | "known" | "set aside"; codes: string[] }[];
  by_reason: { code: string; rows: number; remedy: string; lang: string; is_warning?: boolean }[];
  first?: { where: string; column: string; code: string; message: string; lang: string }[];
  /** Rows set aside, to be repaired and sent again. */
  aside: string | null;
  placed: number;
  unplaced: number;
  by_code: Record<string, number>;
}

export interface Departure {
  departure: string;
  service: string;
  from: string;
  to: string;
  leaves: string;
  arrives: string;
  parcels: number;
  /** Kilograms that parcels take of what the plan has for them there. */
  load: number;
  cap: number;
  behind: number;
  behind_h: number;
  will_miss: number;
}

export interface ParcelRow {
  parcel: string;
  number: string | null;
  status: string;
  place: string | null;
  as_of: string | null;
  from: string;
  to: string;
  weight_kg: number;
  /** Why it has no place, or that its place misses the promise. */
  code: string;
  leaves: string | null;
  arrives: string | null;
  promised: string | null;
  p50: string | null;
  p80: string | null;
  behind_h: number | null;
  /** Why it is late: `promise` is in danger, too long on a `leg`. */
  why: string[];
  /** Bags and containers it is in, the innermost first. */
  units: string[];
}

/** A container, bag or departure that parcels were loaded into, and what was told of it last. */
export interface Unit {
  unit: string;
  kind: "container" | "bag" | "departure";
  parcels: number;
  status: string | null;
  place: string | null;
  as_of: string | null;
}

/** How a file of orders is read: which column is which field, what is the same for all rows, and settings. */
export interface ColumnMapping {
  channel: string;
  columns: Record<string, string>;
  constants: Record<string, string>;
  timezone: string;
  weight_unit: string;
  dates: string;
  articles: string;
  order_amounts: string[];
}

export interface SavedMapping {
  id: string;
  name: string;
  mapping: ColumnMapping;
  changed: string;
  etag: string;
}

/** How a file would be read, and what it has. */
export interface Guess {
  columns: string[];
  fields: { name: string; required: boolean; personal: boolean }[];
  mapping: ColumnMapping;
  notes: Record<string, string>;
  /** Columns of a saved mapping that the file has not, by field. */
  gone: Record<string, string>;
}

export interface Parcel extends ParcelRow {
  timeline: Passed[];
}

/** A parcel whose planned arrival changes with a plan anew; blank: it has no place in it. */
export interface ChangedPromise {
  parcel: string;
  number: string | null;
  promised: string | null;
  before: string | null;
  after: string | null;
  verdict: string;
}

/** A plan anew and what it means for parcels. */
export interface Proposal {
  id: string;
  /** Open until it is accepted; until then it has changed nothing. */
  state: "open" | "accepted";
  events: string[];
  now: string;
  currency: string;
  /** False: money and orders are the reader's own part. */
  is_whole: boolean;
  cost: number;
  value_before: number;
  value_after: number;
  gap: number | null;
  orders_moved: number;
  orders_lost: number;
  parcels: { kept: number; moved: number; lost: number; gained: number };
  late_before: number;
  late_after: number;
  promises: { broken: number; mended: number; later: number; earlier: number };
  first?: ChangedPromise[];
}
