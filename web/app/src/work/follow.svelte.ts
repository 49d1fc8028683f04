// A job that is followed: its state and the steps of its search, as the server sends them.
import { untrack } from "svelte";
import type { TracePoint } from "@report/data/types";
import type { Job } from "../data/types";
import { ApiError } from "../data/ask";
import { api } from "../state.svelte";

const LOOK_MS = 3000;
const ENDED = new Set(["done", "failed", "cancelled"]);

export const isOver = (job: Job) => ENDED.has(job.state);

/** Add a step to the picture of a search: one point a second that it took, the latest wins. */
export function withStep(trace: TracePoint[], step: Job["progress"] | null): TracePoint[] {
  if (!step || step.seconds === null || (step.value === null && step.bound === null)) return trace;
  const last = trace[trace.length - 1];
  const point = { seconds: step.seconds, value: step.value, bound: step.bound };
  if (last && point.seconds < last.seconds) return trace.length && isAgain(last, point) ? trace : [point]; // taken again from the start
  if (last && point.seconds === last.seconds) return [...trace.slice(0, -1), point];
  return [...trace, point];
}

const isAgain = (last: TracePoint, point: TracePoint) => last.seconds - point.seconds < 1;

export class FollowedJob {
  job: Job | null = $state.raw(null);
  trace: TracePoint[] = $state.raw([]);
  /** The stream is lost; the browser or a look every few seconds brings the job back. */
  isLost = $state(false);
  /** Why there is no such job to follow. */
  fault: ApiError | null = $state.raw(null);
  private isAsked = false;
  /** How often it was started: what an earlier start asked for may be told in another language. */
  private starts = 0;
  private stream: EventSource | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly id: string,
    /** Called when the job has ended, and again when its end is told in another language. */
    private readonly onend: (job: Job, isAgain: boolean) => void = () => {},
  ) {}

  start(): () => void {
    this.isAsked = untrack(() => this.job !== null); // who starts it in an effect must not start it again at each step
    this.starts += 1;
    void this.look();
    this.listen();
    return () => this.stop();
  }

  private listen(): void {
    this.stream = api.events(this.id);
    const take = (event: MessageEvent<string>) => this.take(JSON.parse(event.data) as Job);
    this.stream.addEventListener("progress", take);
    this.stream.addEventListener("state", take);
    this.stream.addEventListener("open", () => (this.isLost = false));
    this.stream.addEventListener("error", () => {
      if (this.job && isOver(this.job)) return this.stop();
      this.isLost = true;
      this.timer ??= setInterval(() => void this.look(), LOOK_MS);
    });
  }

  private async look(): Promise<void> {
    const start = this.starts;
    try {
      const job = await api.job(this.id);
      if (start === this.starts) this.take(job);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.leave(error); // not reached now: the next look or event tells
    }
  }

  private take(job: Job): void {
    const wasOver = this.job !== null && isOver(this.job);
    if (wasOver && !isOver(job)) return this.stop(); // an answer that was overtaken
    this.job = job;
    if (wasOver) {
      this.stop();
      if (this.isAsked) this.onend(job, true);
      this.isAsked = false;
      return;
    }
    this.trace = withStep(this.trace, job.progress);
    if (!isOver(job)) return;
    this.stop();
    this.onend(job, false);
  }

  private leave(fault: ApiError): void {
    this.fault = fault;
    this.stop();
  }

  private stop(): void {
    this.stream?.close();
    clearInterval(this.timer);
    this.timer = undefined;
    this.isLost = false;
  }
}
