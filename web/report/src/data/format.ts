// Numbers, money, dates and words in the chosen language.
import type { Catalog, Lang, Names, Payload } from "./types";
import { LANGS } from "./types";

const LOCALE: Record<Lang, string> = { en: "en-GB", ru: "ru-RU", zh: "zh-CN" };
const MINUTE = 60_000;

export class Format {
  readonly locale: string;
  private readonly place: number;
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly dates = new Map<string, Intl.DateTimeFormat>();

  constructor(
    readonly lang: Lang,
    private readonly catalog: Catalog,
    private readonly payload: Payload,
    readonly currency: string,
  ) {
    this.locale = LOCALE[lang];
    this.place = LANGS.indexOf(lang);
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

  name(row: { names: Names } | undefined): string {
    return row ? row.names[this.place] : "";
  }

  hub(index: number): string {
    return index >= 0 ? this.name(this.payload.hubs[index]) : "";
  }

  good(index: number): string {
    return this.name(this.payload.goods[index]);
  }

  region(index: number): string {
    return index >= 0 ? this.name(this.payload.regions[index]) : "";
  }

  mode(index: number): string {
    return this.word("mode", this.payload.modes[index]);
  }

  party(index: number): string {
    return index >= 0 ? this.payload.parties[index].name : this.t("party.outside");
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

  tonnes(value: number): string {
    return this.t("unit.t", { n: this.number(value, value !== 0 && Math.abs(value) < 100 ? 1 : 0) });
  }

  /** Money of the case in the currency that is shown. */
  money(value: number | null, withCode = true): string {
    return value === null ? "–" : this.moneyIn(value, this.currency, withCode);
  }

  moneyIn(value: number, code: string, withCode = true): string {
    const rate = this.payload.currencies.find((item) => item.code === code)?.per_unit ?? 1;
    const shown = value / rate;
    const text = this.number(shown, Math.abs(shown) >= 1000 ? 0 : 2);
    return withCode ? `${text} ${code}` : text;
  }

  /** Weekday, day and time of a minute at a hub (none: in the case's time zone). */
  time(minute: number | null, hub = -1): string {
    if (minute === null) return "";
    const zone = this.payload.zones[hub >= 0 ? this.payload.hubs[hub].zone : 0];
    return this.dateFormat(zone, {
      weekday: "short",
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).format((this.payload.start + minute) * MINUTE);
  }

  date(minute: number): string {
    return this.dateFormat(this.payload.zones[0], { day: "numeric", month: "long", year: "numeric" }).format(
      (this.payload.start + minute) * MINUTE,
    );
  }

  /** Weekday and day of a local day, counted from the first. */
  day(first: string, offset: number, long = false): string {
    const when = Date.parse(`${first}T00:00Z`) + offset * 1440 * MINUTE;
    const options: Intl.DateTimeFormatOptions = long
      ? { weekday: "long", day: "numeric", month: "short" }
      : { weekday: "short" };
    return this.dateFormat("UTC", options).format(when);
  }

  /** Day and month of a local day, counted from the first. */
  dayOfMonth(first: string, offset: number): string {
    const when = Date.parse(`${first}T00:00Z`) + offset * 1440 * MINUTE;
    return this.dateFormat("UTC", { day: "numeric", month: "short" }).format(when);
  }

  /** What tells two words apart in the language's own order. */
  compare = (a: string, b: string): number => a.localeCompare(b, this.locale, { numeric: true });

  private numberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    let found = this.numbers.get(key);
    if (!found) this.numbers.set(key, (found = new Intl.NumberFormat(this.locale, options)));
    return found;
  }

  private dateFormat(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = timeZone + JSON.stringify(options);
    let found = this.dates.get(key);
    if (!found) this.dates.set(key, (found = new Intl.DateTimeFormat(this.locale, { ...options, timeZone })));
    return found;
  }
}
