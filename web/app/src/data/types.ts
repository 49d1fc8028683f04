// What the doors of the server take and give (docs/design/server.md §3).

export type Role = "viewer" | "planner" | "negotiator" | "administrator" | "auditor";
export const ROLES: readonly Role[] = ["viewer", "planner", "negotiator", "administrator", "auditor"];

export type Permission = "read" | "edit" | "plan" | "agree" | "audit" | "administer";
/** What an API key may be given. */
export const SCOPES: readonly Permission[] = ["read", "edit", "plan", "agree", "audit"];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Fault {
  code: string;
  entity: string;
  message: string;
  /** Language of the message; none: English. */
  lang?: string;
}

export interface Membership {
  id: string;
  name: string;
  roles: Role[];
}

export interface Session {
  setup_needed: boolean;
  user: { id: string; name: string; email: string; language: string } | null;
  organisations: Membership[];
  organisation: string | null;
  csrf_token: string | null;
  permissions?: Permission[];
}

export interface Organisation {
  id: string;
  name: string;
  etag: string;
}

export interface Member {
  id: string;
  name: string;
  email: string;
  roles: Role[];
}

export interface ApiKey {
  id: string;
  name: string;
  scopes: string[];
  created: string;
  expires: string | null;
  seen: string | null;
  key?: string;
}

export interface CaseItem {
  id: string;
  name: string;
  host: string;
  created: string;
}

export interface CaseParty {
  party: string;
  name: string;
  region: string;
  organisation: string;
}

export interface Settings {
  currency: string;
  start: string;
  horizon_h: number;
  cyclic: boolean;
  timezone: string;
  [name: string]: unknown;
}

export interface Case extends CaseItem {
  settings: Settings;
  tables: { table: string; num_rows: number }[];
  parties: CaseParty[];
  yours: string[];
  /** Of name and settings, for changing them. */
  etag: string;
  /** Number of the last change to anything in the case. */
  version: number;
}

export interface ColumnInfo {
  name: string;
  type: string;
  unit: string;
  default: string | number | boolean | null;
  required: boolean;
  /** Part of the row's id. */
  key: boolean;
  description: string;
  options: string[];
  capacity: boolean;
}

/** Texts of cells by column; blank ones are left out. */
export type Values = Record<string, string>;

/** Who sees the capacities of a row. */
export type Visibility = "corridor" | "partners" | "private";

export interface Row {
  key: string;
  values: Values;
  /** Organisations that hold the row's owners; none: it belongs to the case. */
  owners: string[];
  editable: boolean;
  hidden: string[];
  visibility: Visibility;
  partners: string[];
  etag: string;
}

export interface TablePage extends Page<Row> {
  columns: ColumnInfo[];
}

/** One row of an edit: null values delete it, a null key adds one. */
export interface Change {
  key: string | null;
  etag: string | null;
  values: Values | null;
  visibility?: Visibility;
  partners?: string[];
}

export interface Finding {
  code: string;
  severity: string;
  table: string;
  key: string;
  column: string;
  value: string;
  message: string;
  lang: string;
}

export interface ImportPreview {
  id: string;
  tables: { table: string; added: number; changed: number; removed: number; rejected: number }[];
  /** Rows and columns of the file that cannot be taken. */
  rejected: { table: string; where: string; code: string; message: string; lang: string }[];
  /** What would be wrong afterwards and is not now. */
  findings: Finding[];
  sample: { table: string; key: string; kind?: string; before: Values | null; after: Values | null }[];
}

export type JobKind = "plan" | "share" | "agreements" | "explain" | "bottlenecks" | "compare" | "replan" | "value" | "follow";
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Progress {
  seconds: number | null;
  value: number | null;
  bound: number | null;
  gap: number | null;
  words: string | null;
  /** Language of the words. */
  lang?: string;
}

export interface Job {
  id: string;
  case: string;
  kind: JobKind;
  state: JobState;
  options?: Record<string, unknown>;
  attempts: number;
  created: string;
  started: string | null;
  ended: string | null;
  progress: Progress;
  error: string | null;
  error_lang: string;
  run: string | null;
  result: Record<string, unknown> | null;
}

export interface Run {
  id: string;
  case: string;
  kind?: string;
  name: string;
  scenario: string;
  created: string;
  status: string;
  value: number | null;
  bound: number | null;
  gap: number | null;
  stale: boolean;
  /** What the own organisation books. */
  own_value: number | null;
  /** Nothing is kept from the reader. */
  is_whole: boolean;
}

/** Totals of all organisations; null: withheld, too few contribute. */
export interface Corridor {
  least_contributors: number;
  organisations: number | null;
  status: string;
  gap: number | null;
  value: number | null;
  bound: number | null;
  spend: number | null;
  tonnes: number | null;
  runs: number | null;
  crossings: { from_hub: string; to_hub: string; mode: string; tonnes: number | null; runs: number | null }[];
}

export type AgreementState = "draft" | "proposed" | "signed" | "in_force" | "ended";

export interface Grant {
  giver: string;
  taker: string;
  kind: string;
  resource: string;
  share_frac: number;
  fee_per_t: number;
  both_ways: boolean;
}

/** What a version of an agreement shall say; days are YYYY-MM-DD or blank. */
export interface VersionDraft {
  name: string;
  /** Two or more, each of another organisation. */
  parties: string[];
  starts: string;
  ends: string;
  fixed_cost: number;
  grants: Grant[];
}

export interface AgreementDraft extends VersionDraft {
  agreement: string;
}

/** What is signed. */
export interface AgreementDocument {
  agreement: string;
  name: string;
  version: number;
  signers: { party: string; party_name: string; organisation: string; organisation_name: string }[];
  starts: string;
  ends: string;
  fixed_cost: number;
  grants: Grant[];
}

export interface Comment {
  id: string;
  author: string;
  organisation: string;
  version: number;
  text: string;
  /** Organisation that hid it from both sides. */
  hidden_by: string | null;
  at: string;
}

export interface Agreement {
  id: string;
  case: string;
  agreement: string;
  name: string;
  state: AgreementState;
  version: number;
  versions: { version: number; sha256: string; by: string; created: string }[];
  document: AgreementDocument;
  sha256: string;
  signers: { party: string; organisation: string; name: string; signed_at: string | null; kid: string | null }[];
  yours: string[];
  value: { low: number; high: number; basis: string; at: string } | null;
  comments: Comment[];
}

export interface SigningKey {
  kid: string;
  /** Whether the private half is kept here, encrypted; null: another organisation's. */
  is_kept: boolean | null;
  name: string;
  created: string;
  revoked: string | null;
}

export interface AuditLine {
  seq: number;
  at: string;
  user: string;
  action: string;
  object: string;
  detail: Record<string, unknown>;
  hash: string;
}

export interface AuditVerdict {
  is_sound: boolean;
  lines: number;
  head: { seq: number; hash: string };
  faults: unknown[];
}
