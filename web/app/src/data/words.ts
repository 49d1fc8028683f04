// Words of the application: the catalog's sentences, money with its currency, moments in the reader's time zone.
import { Words } from "@report/data/words";
import type { Catalog, Lang } from "@report/data/types";

export const LANGS: readonly Lang[] = ["en", "ru", "zh"];

const OWN: Record<Lang, () => Promise<{ default: Catalog }>> = {
  en: () => import("../../messages/en.json"),
  ru: () => import("../../messages/ru.json"),
  zh: () => import("../../messages/zh.json"),
};
const REPORT: Record<Lang, () => Promise<{ default: Catalog }>> = {
  en: () => import("@messages/en.json"),
  ru: () => import("@messages/ru.json"),
  zh: () => import("@messages/zh.json"),
};

const TRACK: Record<Lang, () => Promise<{ default: Catalog }>> = {
  en: () => import("../../messages/track/en.json"),
  ru: () => import("../../messages/track/ru.json"),
  zh: () => import("../../messages/track/zh.json"),
};

/** Sentences of a language: the report's, those of parcels, and the application's. */
export async function loadCatalog(lang: Lang): Promise<Catalog> {
  const [report, parcels, own] = await Promise.all([REPORT[lang](), TRACK[lang](), OWN[lang]()]);
  return { ...report.default, ...parcels.default, ...own.default };
}

/** Sentences of the page by number, which loads no others. */
export async function loadTrackCatalog(lang: Lang): Promise<Catalog> {
  return (await TRACK[lang]()).default;
}

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export class AppWords extends Words {
  has(key: string): boolean {
    return key in this.catalog;
  }

  money(value: number | null | undefined, code = "", digits?: number): string {
    if (value === null || value === undefined) return "–";
    const text = this.number(value, digits ?? (Math.abs(value) >= 1000 ? 0 : 2));
    return code ? `${text} ${code}` : text;
  }

  /** The reader's time zone. */
  readonly zone = HERE;

  /** Day and time of a moment, in the reader's time zone. */
  moment(iso: string | null | undefined): string {
    if (!iso) return "–";
    const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return this.dateFormat(HERE, options).format(new Date(iso));
  }

  seconds(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : this.t("unit.s", { n: this.number(value, value < 10 ? 1 : 0) });
  }
}

/** Where the browser remembers the language that was chosen. */
export const CHOSEN = "landbridge.language";

/** Tell the browser and screen readers what the page is written in. */
export function markLanguage(lang: Lang): void {
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : lang;
}

/** The language to open in: what was chosen here before, else the first of the browser's that there is. */
export function firstLanguage(chosen: string | null, wanted: readonly string[]): Lang {
  for (const name of [chosen ?? "", ...wanted]) {
    const found = LANGS.find((lang) => name.toLowerCase().startsWith(lang));
    if (found) return found;
  }
  return "en";
}
