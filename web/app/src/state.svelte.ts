// What all pages share: who is signed in, the language, the address, the case that is open.
import type { Lang } from "@report/data/types";
import { Api } from "./data/api";
import { ApiError } from "./data/ask";
import { href, parseRoute, type Route } from "./data/route";
import type { Case, Finding, Organisation, Permission, Session } from "./data/types";
import { AppWords, CHOSEN, firstLanguage, loadCatalog, markLanguage } from "./data/words";
import { Action, Loaded } from "./loaded.svelte";

export { Action, Loaded };

export const api = new Api();

/** The case that is open, with its findings. */
export class OpenCase {
  readonly info: Loaded<Case>;
  readonly findings: Loaded<Finding[]>;

  constructor(readonly id: string) {
    this.info = new Loaded(() => api.case(id));
    this.findings = new Loaded(() => api.findings(id));
    void this.refresh();
  }

  refresh = async (): Promise<void> => {
    await Promise.all([this.info.load(), this.findings.load()]);
  };
}

class AppState {
  lang: Lang = $state("en");
  words: AppWords = $state.raw(new AppWords("en", {}));
  session: Session | null = $state.raw(null);
  fault: ApiError | null = $state.raw(null);
  route: Route = $state.raw(parseRoute(""));
  /** What was just done, for the line at the foot and for screen readers. */
  said = $state("");
  private open: OpenCase | null = null;
  /** All organisations of the server, by name. */
  readonly organisations: Loaded<Organisation[]> = new Loaded(() => api.organisations());

  readonly organisation = $derived(this.session?.organisations.find((one) => one.id === this.session?.organisation) ?? null);
  readonly permissions: ReadonlySet<Permission> = $derived(new Set(this.session?.permissions ?? []));

  /** Whether the member may do any of these. */
  can(...permissions: Permission[]): boolean {
    return permissions.some((one) => this.permissions.has(one));
  }

  async begin(): Promise<void> {
    this.route = parseRoute(location.hash);
    addEventListener("hashchange", () => (this.route = parseRoute(location.hash)));
    api.onsignedout = () => void this.readSession();
    await this.speak(firstLanguage(localStorage.getItem(CHOSEN), navigator.languages));
    await this.readSession();
    const own = this.session?.user?.language;
    if (own && !localStorage.getItem(CHOSEN)) await this.speak(firstLanguage(own, []));
  }

  async readSession(): Promise<void> {
    try {
      const session = await api.session();
      api.csrf = session.csrf_token ?? "";
      this.session = session;
      this.fault = null;
      if (session.organisation) await this.organisations.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fault = error;
    }
  }

  /** Change the language of the page. */
  async speak(lang: Lang): Promise<void> {
    this.words = new AppWords(lang, await loadCatalog(lang));
    this.lang = api.lang = lang;
    markLanguage(lang);
  }

  /** The reader chose a language: this browser remembers it, and so does the account. */
  async choose(lang: Lang): Promise<void> {
    localStorage.setItem(CHOSEN, lang);
    await this.speak(lang);
    void this.open?.findings.load();
    if (this.session?.user) await api.changeMe({ language: lang }).catch(() => undefined); // a wish, not a need
  }

  caseOf(id: string): OpenCase {
    if (this.open?.id !== id) this.open = new OpenCase(id);
    return this.open;
  }

  /** Name of an organisation. */
  nameOf(id: string | null): string {
    return this.organisations.value?.find((one) => one.id === id)?.name ?? id ?? "";
  }

  /** Forget what was read: another organisation sees other things. */
  forget(): void {
    this.open = null;
  }

  go(page: string, params: Record<string, string> = {}, query: Record<string, string> = {}): void {
    location.hash = href(page, params, query);
  }

  /** Change the query of the address, without a new entry of the history. */
  ask(changes: Record<string, string>): void {
    const { page, params, query } = this.route;
    const address = href(page, params, { ...query, ...changes });
    history.replaceState(null, "", address);
    this.route = parseRoute(address);
  }

  say(words: string): void {
    this.said = "";
    queueMicrotask(() => (this.said = words));
  }
}

export const app = new AppState();
