import { describe, expect, it, vi } from "vitest";
import type { Job } from "../data/types";

const answers: ((job: Job) => void)[] = [];
vi.mock("../state.svelte", () => ({
  api: {
    job: () => new Promise<Job>((take) => answers.push(take)),
    events: () => ({ addEventListener: (name: string, take: (event: unknown) => void) => name === "state" && streams.push(take), close: () => {} }),
  },
}));
const streams: ((event: unknown) => void)[] = [];
const { FollowedJob } = await import("./follow.svelte");

const told = (lang: string) => ({ id: "1", state: "done", progress: null, result: { lang } }) as unknown as Job;

describe("a job that is followed again in another language", () => {
  it("does not take an answer of before for the new one", async () => {
    const ends: unknown[] = [];
    const followed = new FollowedJob("1", (job) => ends.push((job.result as { lang: string }).lang));
    followed.start();
    streams[0]?.({ data: JSON.stringify(told("en")) });
    followed.start();
    answers[0]?.(told("en")); // asked for by the first start, late
    answers[1]?.(told("zh"));
    await new Promise((done) => setTimeout(done));
    expect(ends).toEqual(["en", "zh"]);
  });
});
