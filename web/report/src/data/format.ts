// Numbers, money, dates and words in the chosen language.
import type { Catalog, Lang, Names, Payload } from "./types";
import { LANGS } from "./types";
import { Words } from "./words";

const MINUTE = 60_000;

export class Format extends Words {
  private readonly place: number;

  constructor(
    lang: Lang,
    catalog: Catalog,
    private readonly payload: Payload,
    readonly currency: string,
  ) {
    super(lang, catalog);
    this.place = LANGS.indexOf(lang);
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
}
