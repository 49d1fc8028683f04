// The page by number.
import { mount } from "svelte";
import Track from "./Track.svelte";
import { TrackState } from "./state.svelte";

export async function start(target: HTMLElement): Promise<void> {
  const track = new TrackState();
  await track.begin();
  mount(Track, { target, props: { track } });
}
