// A followed plan that is looked at: the server says whenever it stands differently.
import type { Following } from "../data/followings";
import { api, Loaded } from "../state.svelte";

const LOOK_MS = 5000;

/** What parts of the page are read by: a job that is at work does not change them. */
const standsBy = ({ job: _, ...rest }: Following) => JSON.stringify(rest);

export class LiveFollowing {
  readonly info: Loaded<Following>;
  /** Grows with each change: whoever shows a part of it reads that part again. */
  changes = $state(0);
  /** The stream is lost; a look every few seconds takes its place until it is back. */
  isLost = $state(false);
  private stream: EventSource | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(readonly id: string) {
    this.info = new Loaded(() => api.following(id));
  }

  start(): () => void {
    void this.look();
    this.stream = api.standings(this.id);
    this.stream.addEventListener("standing", (event: MessageEvent<string>) => this.take(this.info.value, JSON.parse(event.data) as Following));
    this.stream.addEventListener("open", () => this.found());
    this.stream.addEventListener("error", () => {
      this.isLost = true;
      this.timer ??= setInterval(() => void this.look(), LOOK_MS);
    });
    return () => this.stop();
  }

  /** Read it now: a change of one's own, or while the stream is lost. */
  look = async (): Promise<void> => {
    const before = this.info.value;
    const after = await this.info.load();
    if (after) this.take(before, after);
  };

  private take(before: Following | null, after: Following): void {
    this.info.value = after;
    if (before && standsBy(before) !== standsBy(after)) this.changes++;
  }

  private found(): void {
    this.isLost = false;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private stop(): void {
    this.stream?.close();
    this.found();
  }
}
