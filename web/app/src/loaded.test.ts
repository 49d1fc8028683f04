import { describe, expect, it } from "vitest";
import { ApiError } from "./data/ask";
import { Loaded } from "./loaded.svelte";

describe("something that is read from the server", () => {
  it("keeps what came last, whatever came late", async () => {
    const answers: ((value: string) => void)[] = [];
    const loaded = new Loaded(() => new Promise<string>((done) => answers.push(done)));
    const reading = [loaded.load(), loaded.load()];
    answers[1]("new");
    answers[0]("old");
    await Promise.all(reading);
    expect(loaded.value).toBe("new");
  });
  it("is forgotten with what is under way: no answer to an older question is shown", async () => {
    let answer: (value: string) => void = () => {};
    const loaded = new Loaded(() => new Promise<string>((done) => (answer = done)));
    const reading = loaded.load();
    loaded.forget();
    answer("of another number");
    await reading;
    expect(loaded.value).toBe(null);
    expect(loaded.isBusy).toBe(false);
  });
  it("keeps what the server refused", async () => {
    const loaded = new Loaded(() => Promise.reject(new ApiError(404, "not there")));
    await loaded.load();
    expect(loaded.fault?.status).toBe(404);
  });
});
