// The address of a page: what stands after # in the URL.

export interface Route {
  page: string;
  params: Record<string, string>;
  query: Record<string, string>;
}

/** Pages and their patterns; the first that fits is taken. */
const PATTERNS: [string, string][] = [
  ["setup", "setup"],
  ["sign-in", "sign-in"],
  ["invitation", "join"],
  ["cases", "cases"],
  ["new-case", "cases/new"],
  ["case", "cases/:case"],
  ["tables", "cases/:case/tables/:table"],
  ["findings", "cases/:case/findings"],
  ["import", "cases/:case/import"],
  ["parties", "cases/:case/parties"],
  ["scenarios", "cases/:case/scenarios"],
  ["plan", "cases/:case/plan"],
  ["runs", "cases/:case/runs"],
  ["compare", "cases/:case/compare"],
  ["agreements", "cases/:case/agreements"],
  ["new-agreement", "cases/:case/agreements/new"],
  ["agreement", "cases/:case/agreements/:agreement"],
  ["worth", "cases/:case/agreement-values"],
  ["job", "cases/:case/jobs/:job"],
  ["run", "cases/:case/runs/:run"],
  ["region", "cases/:case/runs/:run/regions/:region"],
  ["explain", "cases/:case/runs/:run/explain"],
  ["bottlenecks", "cases/:case/runs/:run/bottlenecks"],
  ["replan", "cases/:case/runs/:run/replan"],
  ["followings", "cases/:case/followings"],
  ["following", "followings/:following"],
  ["track", "track"],
  ["tracked", "track/:number"],
  ["organisation", "organisation"],
  ["audit", "audit"],
  ["me", "me"],
];
const SPLIT = PATTERNS.map(([page, pattern]) => ({ page, parts: pattern.split("/") }));

export function parseRoute(hash: string): Route {
  const [path, search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decode);
  const query = Object.fromEntries(new URLSearchParams(search));
  for (const { page, parts: pattern } of [...SPLIT].sort((a, b) => fixed(b.parts) - fixed(a.parts))) {
    const params = match(pattern, parts);
    if (params) return { page, params, query };
  }
  return { page: parts.length ? "unknown" : "cases", params: {}, query };
}

/** Address of a page; a query's blank values are left out. */
export function href(page: string, params: Record<string, string> = {}, query: Record<string, string> = {}): string {
  const found = PATTERNS.find(([name]) => name === page);
  if (!found) throw new Error(`no page ${page}`);
  const path = found[1].replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#/${path}${search ? `?${search}` : ""}`;
}

function match(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = parts[at];
    else if (part !== parts[at]) return null;
  }
  return params;
}

const fixed = (parts: string[]) => parts.filter((part) => !part.startsWith(":")).length;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
