import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Following } from "../data/followings";
import { api } from "../state.svelte";
import { LiveFollowing } from "./live.svelte";

/** A stream that the test speaks through. */
class Stream extends EventTarget {
  isClosed = false;
  close = () => (this.isClosed = true);
  tell = (content: unknown) => this.dispatchEvent(new MessageEvent("standing", { data: JSON.stringify(content) }));
}

const following = (over: Partial<Following> = {}) =>
  ({ id: "f", case: "c", run: "r", name: "Week", parcels: 1, placed: 1, events: 0, as_of: null, tracking: false, standing: null, job: null, etag: "1", ...over }) as Following;

describe("a followed plan that is looked at", () => {
  let stream: Stream;
  let served: Following;
  beforeEach(() => {
    stream = new Stream();
    served = following();
    vi.spyOn(api, "standings").mockReturnValue(stream as unknown as EventSource);
    vi.spyOn(api, "following").mockImplementation(() => Promise.resolve(served));
  });

  it("is read, and read again in its parts when the server says that it stands differently", async () => {
    const live = new LiveFollowing("f");
    const stop = live.start();
    await vi.waitFor(() => expect(live.info.value?.name).toBe("Week"));
    expect(live.changes).toBe(0);
    stream.tell(following({ events: 5, as_of: "2026-10-07T00:00:00Z" }));
    expect(live.info.value?.events).toBe(5);
    expect(live.changes).toBe(1);
    stop();
    expect(stream.isClosed).toBe(true);
  });

  it("shows a job at work without reading its parts again", async () => {
    const live = new LiveFollowing("f");
    live.start();
    await vi.waitFor(() => expect(live.info.value).not.toBe(null));
    stream.tell(following({ job: { id: "j", state: "running" } as Following["job"] }));
    expect(live.info.value?.job?.id).toBe("j");
    expect(live.changes).toBe(0);
  });

  it("is looked at every few seconds while the stream is lost", async () => {
    vi.useFakeTimers();
    const live = new LiveFollowing("f");
    const stop = live.start();
    await vi.advanceTimersByTimeAsync(0);
    stream.dispatchEvent(new Event("error"));
    expect(live.isLost).toBe(true);
    served = following({ parcels: 2 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(live.info.value?.parcels).toBe(2);
    expect(live.changes).toBe(1);
    stream.dispatchEvent(new Event("open"));
    expect(live.isLost).toBe(false);
    served = following({ parcels: 3 });
    await vi.advanceTimersByTimeAsync(20000);
    expect(live.info.value?.parcels).toBe(2);
    stop();
    vi.useRealTimers();
  });
});
