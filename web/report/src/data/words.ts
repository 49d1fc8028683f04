// Sentences, numbers and the order of words in a language.
import type { Catalog, Lang } from "./types";

const LOCALE: Record<Lang, string> = { en: "en-GB", ru: "ru-RU", zh: "zh-CN" };

export class Words {
  readonly locale: string;
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly dates = new Map<string, Intl.DateTimeFormat>();

  constructor(
    readonly lang: Lang,
    protected readonly catalog: Catalog,
  ) {
    this.locale = LOCALE[lang];
  }

  /** A sentence of the catalog with its holes filled; a key that is missing shows as itself. */
  t(key: string, args: Record<string, string | number> = {}): string {
    const text = this.catalog[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (hole, name: string) => (name in args ? String(args[name]) : hole));
  }

  /** The sentence of a key that may have none, as words of modes, kinds and parties do: else the word itself. */
  word(prefix: string, word: string): string {
    return this.catalog[`${prefix}.${word}`] ?? word;
  }

  number(value: number, digits = 1): string {
    return this.numberFormat(`n${digits}`, { maximumFractionDigits: digits }).format(value === 0 ? 0 : value).replace("-", "−");
  }

  percent(part: number | null, digits = 0): string {
    if (part === null) return "–";
    const least = 10 ** -(digits + 2);
    const format = this.numberFormat(`p${digits}`, { style: "percent", maximumFractionDigits: digits });
    if (part > 0 && part < least / 2) return `< ${format.format(least)}`; // what is not nothing is not shown as nothing
    if (part < 1 && part > 1 - least / 2) return `> ${format.format(1 - least)}`;
    return format.format(part);
  }

  /** What tells two words apart in the language's own order. */
  compare = (a: string, b: string): number => a.localeCompare(b, this.locale, { numeric: true });

  protected numberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    let found = this.numbers.get(key);
    if (!found) this.numbers.set(key, (found = new Intl.NumberFormat(this.locale, options)));
    return found;
  }

  protected dateFormat(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = timeZone + JSON.stringify(options);
    let found = this.dates.get(key);
    if (!found) this.dates.set(key, (found = new Intl.DateTimeFormat(this.locale, { ...options, timeZone })));
    return found;
  }
}
