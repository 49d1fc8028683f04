// The doors of the server, one function each. What asks the network for it is in ask.ts.
import type { Payload } from "@report/data/types";
import type { Topology } from "topojson-specification";
import { BASE, contentOf, path, type Query, reach, search, TRIES } from "./ask";
import type { ColumnMapping, Departure, Following, Guess, Parcel, ParcelRow, SavedMapping, Unit, Upload } from "./followings";
import type {
  Agreement,
  AgreementDraft,
  ApiKey,
  AuditLine,
  AuditVerdict,
  Case,
  CaseItem,
  Change,
  Corridor,
  Finding,
  ImportPreview,
  Job,
  JobKind,
  Member,
  Organisation,
  Page,
  Role,
  Row,
  Run,
  Session,
  SigningKey,
  TablePage,
  VersionDraft,
} from "./types";

const MOST_PAGES = 200;

interface Options {
  query?: Query;
  body?: unknown;
  ifMatch?: string;
  signal?: AbortSignal;
}

export class Api {
  /** Token of the session that changes have to carry. */
  csrf = "";
  /** Language that the server is asked to speak. */
  lang = "en";
  /** Called when the session has ended. */
  onsignedout: () => void = () => {};

  // Session and people
  session = () => this.get<Session>("/session");
  setUp = (body: { token: string; organisation: string; name: string; email: string; password: string }) => this.post<unknown>("/setup", body);
  signIn = (email: string, password: string) => this.post<unknown>("/session", { email, password });
  signOut = () => this.call<unknown>("DELETE", "/session");
  choose = (organisation: string) => this.call<unknown>("PUT", "/session/organisation", { body: { organisation } });
  changePassword = (old: string, next: string) => this.call<unknown>("PUT", "/me/password", { body: { old, new: next } });
  changeMe = (body: { name?: string; language?: string }) => this.call<unknown>("PATCH", "/me", { body });
  organisations = () => this.all<Organisation>("/organisations");
  makeOrganisation = (name: string) => this.post<Organisation>("/organisations", { name });
  members = (o: string) => this.all<Member>(path("organisations", o, "members"));
  changeMember = (o: string, user: string, roles: Role[]) => this.call<unknown>("PATCH", path("organisations", o, "members", user), { body: { roles } });
  removeMember = (o: string, user: string) => this.call<unknown>("DELETE", path("organisations", o, "members", user));
  invite = (o: string, email: string, roles: Role[]) => this.post<{ link: string }>(path("organisations", o, "invitations"), { email, roles });
  accept = (token: string, name: string, password: string) => this.post<unknown>(path("invitations", token, "accept"), { name, password });
  keys = (o: string) => this.all<ApiKey>(path("organisations", o, "keys"));
  makeKey = (o: string, body: { name: string; scopes: string[]; expires_days: number | null }) => this.post<ApiKey>(path("organisations", o, "keys"), body);
  dropKey = (o: string, key: string) => this.call<unknown>("DELETE", path("organisations", o, "keys", key));
  signingKeys = (o: string) => this.all<SigningKey>(path("organisations", o, "signing-keys"));
  revokeSigningKey = (o: string, key: string) => this.call<unknown>("DELETE", path("organisations", o, "signing-keys", key));
  makeSigningKey = (o: string, body: { name: string } & ({ passphrase: string } | { public: Record<string, string> })) => this.post<SigningKey>(path("organisations", o, "signing-keys"), body);
  audit = (cursor?: string) => this.get<Page<AuditLine>>("/audit", { cursor });
  verifyAudit = () => this.get<AuditVerdict>("/audit/verify");

  // Cases
  cases = () => this.all<CaseItem>("/cases");
  makeCase = (name: string, source: string | { case: string }) => this.post<Case>("/cases", { name, source });
  case = (c: string) => this.get<Case>(path("cases", c));
  changeCase = (c: string, etag: string, body: Record<string, unknown>) => this.call<Case>("PATCH", path("cases", c), { body, ifMatch: etag });
  deleteCase = (c: string) => this.call<unknown>("DELETE", path("cases", c));
  holdParty = (c: string, party: string, organisation: string) => this.call<unknown>("PUT", path("cases", c, "parties", party), { body: { organisation } });
  table = (c: string, table: string, query: { q?: string; cursor?: string; limit?: number }) => this.get<TablePage>(path("cases", c, "tables", table), query);
  /** Every row of a table. */
  rows = (c: string, table: string) => this.all<Row>(path("cases", c, "tables", table));
  changeTable = (c: string, table: string, changes: Change[]) => this.call<{ items: Row[] }>("PATCH", path("cases", c, "tables", table), { body: { changes } });
  findings = (c: string) => this.all<Finding>(path("cases", c, "findings"));
  undo = (c: string) => this.post<Record<string, unknown>>(path("cases", c, "undo"), {});
  preview = (c: string, file: File, table: string, isReplacing: boolean) =>
    this.upload<ImportPreview>(path("cases", c, "imports"), file, { table, replace: isReplacing ? "true" : undefined });
  applyImport = (c: string, i: string) => this.post<unknown>(path("cases", c, "imports", i, "apply"), {});
  dropImport = (c: string, i: string) => this.call<unknown>("DELETE", path("cases", c, "imports", i));
  exportOf = (c: string, format: "csv" | "xlsx") => `${BASE}${path("cases", c, "export")}?format=${format}`;

  // Work and what it left
  start = (c: string, kind: JobKind, options: Record<string, unknown>) => this.post<Job>(path("cases", c, "jobs"), { kind, options });
  jobs = (c: string) => this.get<Page<Job>>(path("cases", c, "jobs"), { limit: 100 });
  job = (j: string) => this.get<Job>(path("jobs", j));
  cancel = (j: string) => this.post<unknown>(path("jobs", j, "cancel"), {});
  events = (j: string) => new EventSource(`${BASE}${path("jobs", j, "events")}?lang=${this.lang}`);
  runs = (c: string) => this.all<Run>(path("cases", c, "runs"));
  run = (r: string) => this.get<Run>(path("runs", r));
  deleteRun = (r: string) => this.call<unknown>("DELETE", path("runs", r));
  report = (r: string) => this.get<Payload & { corridor: Corridor | null }>(path("runs", r, "report"));
  reportFile = (r: string, name: "report.html" | "workbook.xlsx", lang: string) => `${BASE}${path("runs", r, name)}?lang=${lang}`;

  // Plans that are followed
  followings = (c: string) => this.all<Following>(path("cases", c, "followings"));
  follow = (c: string, name: string, run: string) => this.post<Following>(path("cases", c, "followings"), { name, run });
  following = (f: string) => this.get<Following>(path("followings", f));
  changeFollowing = (f: string, etag: string, body: { name?: string; tracking?: boolean }) => this.call<Following>("PATCH", path("followings", f), { body, ifMatch: etag });
  deleteFollowing = (f: string) => this.call<unknown>("DELETE", path("followings", f));
  standings = (f: string) => new EventSource(`${BASE}${path("followings", f, "events-stream")}`);
  sendParcels = (f: string, file: File, fields: Upload) => this.upload<Job>(path("followings", f, "parcels"), file, {}, fields);
  sendEvents = (f: string, file: File, fields: Upload) => this.upload<Job>(path("followings", f, "events"), file, {}, fields);
  sendLoads = (f: string, file: File, fields: Upload) => this.upload<Job>(path("followings", f, "loads"), file, {}, fields);
  units = (f: string) => this.all<Unit>(path("followings", f, "units"));
  mappings = () => this.all<SavedMapping>("/mappings");
  guessMapping = (f: string, file: File, saved: string) => this.upload<Guess>(path("followings", f, "mapping"), file, {}, { mapping_id: saved });
  saveMapping = (name: string, mapping: ColumnMapping, etag?: string) => this.call<SavedMapping>("POST", "/mappings", { body: { name, mapping }, ifMatch: etag });
  deleteMapping = (id: string) => this.call<unknown>("DELETE", path("mappings", id));
  aside = (f: string, id: string) => BASE + path("followings", f, "asides", id);
  departures = (f: string) => this.all<Departure>(path("followings", f, "departures"));
  manifest = (f: string, departure: string) => BASE + path("followings", f, "manifests", departure);
  parcels = (f: string, query: Query) => this.get<Page<ParcelRow>>(path("followings", f, "parcels"), query);
  parcel = (f: string, parcel: string) => this.get<Parcel>(path("followings", f, "parcels", parcel));
  late = (f: string, cursor?: string) => this.get<Page<ParcelRow>>(path("followings", f, "late"), { limit: 100, cursor });
  replan = (f: string, body: { events: string[]; at: string; time_s: number }) => this.post<Job>(path("followings", f, "replans"), body);
  acceptReplan = (f: string, p: string) => this.post<Job | null>(path("followings", f, "replans", p, "accept"), {});

  // Agreements
  agreements = (c: string) => this.all<Agreement>(path("cases", c, "agreements"));
  draft = (c: string, body: AgreementDraft) => this.post<Agreement>(path("cases", c, "agreements"), body);
  agreement = (a: string) => this.get<Agreement>(path("agreements", a));
  newVersion = (a: string, body: VersionDraft) => this.post<Agreement>(path("agreements", a, "versions"), body);
  propose = (a: string) => this.post<unknown>(path("agreements", a, "propose"), {});
  comment = (a: string, text: string) => this.post<unknown>(path("agreements", a, "comments"), { text });
  hideComment = (a: string, m: string, hidden: boolean) => this.call<unknown>("PATCH", path("agreements", a, "comments", m), { body: { hidden } });
  valueOf = (a: string) => this.post<Job>(path("agreements", a, "value"), {});
  sign = (a: string, version: number, by: { passphrase: string } | { jws: string }) => this.post<unknown>(path("agreements", a, "sign"), { version, ...by });
  end = (a: string) => this.post<unknown>(path("agreements", a, "end"), {});
  documentOf = (a: string, name: "document.json" | "document.pdf" | "signatures", query: Options["query"] = {}) => BASE + path("agreements", a, name) + search(query);

  /** Land and borders that maps are drawn on. */
  outlines = (): Promise<Topology> => reach("/outlines.json", {}, TRIES).then((answer) => answer.json());

  get<T>(door: string, query: Query = {}): Promise<T> {
    return this.call<T>("GET", door, { query });
  }

  post<T>(door: string, body: unknown): Promise<T> {
    return this.call<T>("POST", door, { body });
  }

  /** Every row of a list, page by page. */
  async all<T>(door: string): Promise<T[]> {
    const found: T[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { items, next } = await this.get<Page<T>>(door, { limit: 500, cursor });
      found.push(...items);
      if (!next) break;
      cursor = next;
    }
    return found;
  }

  async call<T>(method: string, door: string, options: Options = {}): Promise<T> {
    const headers: Record<string, string> = { "Accept-Language": this.lang };
    if (options.body !== undefined) headers["Content-Type"] = "application/json";
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    return this.send<T>(method, door + search(options.query), headers, body, options);
  }

  private upload<T>(door: string, file: File, query: Query, fields: Upload = {}): Promise<T> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
    form.append("file", file, file.name);
    return this.send<T>("POST", door + search(query), { "Accept-Language": this.lang }, form, {});
  }

  private async send<T>(method: string, door: string, headers: Record<string, string>, body: BodyInit | undefined, options: Options): Promise<T> {
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    if (method === "POST") headers["Idempotency-Key"] = freshKey();
    if (options.ifMatch) headers["If-Match"] = options.ifMatch;
    const isRepeatable = method === "GET" || method === "POST"; // the server knows a POST again by its key
    const response = await reach(BASE + door, { method, headers, body, credentials: "same-origin", signal: options.signal }, isRepeatable ? TRIES : 1);
    if (response.status === 401 && door !== "/session") this.onsignedout();
    return contentOf<T>(response);
  }
}

/** Not crypto.randomUUID, which a page that is not served by https does not have. */
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
