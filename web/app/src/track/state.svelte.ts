// What the page by number knows: the language, the number in the address, and what the server said of it.
import type { Lang } from "@report/data/types";
import { href, parseRoute } from "../data/route";
import { faultOf, type NumberFault, tidyNumber } from "../data/s10";
import { lookUp } from "../data/track";
import { AppWords, CHOSEN, firstLanguage, loadTrackCatalog, markLanguage } from "../data/words";
import { Loaded } from "../loaded.svelte";

export class TrackState {
  words: AppWords = $state.raw(new AppWords("en", {}));
  number = $state("");
  wrong: NumberFault | null = $state(null);
  readonly found = new Loaded(() => lookUp(this.number));

  async begin(): Promise<void> {
    await this.speak(firstLanguage(localStorage.getItem(CHOSEN), navigator.languages));
    addEventListener("hashchange", () => void this.read());
    void this.read();
  }

  /** Look for what the address names. */
  private async read(): Promise<void> {
    this.number = tidyNumber(parseRoute(location.hash).params.number ?? "");
    this.wrong = this.number ? faultOf(this.number) : null;
    this.found.forget();
    if (this.number && !this.wrong) await this.found.load();
  }

  /** Look for what was typed; says whether it is worth it. */
  ask(typed: string): boolean {
    const number = tidyNumber(typed);
    this.wrong = faultOf(number);
    if (this.wrong) return false;
    const address = href("tracked", { number });
    if (address === location.hash) void this.read();
    else location.hash = address;
    return true;
  }

  async speak(lang: Lang): Promise<void> {
    this.words = new AppWords(lang, await loadTrackCatalog(lang));
    markLanguage(lang);
  }

  async choose(lang: Lang): Promise<void> {
    localStorage.setItem(CHOSEN, lang);
    await this.speak(lang);
  }
}
