// The page of offices.
import { mount } from "svelte";
import App from "./App.svelte";
import { app } from "./state.svelte";

export async function start(target: HTMLElement): Promise<void> {
  await app.begin();
  mount(App, { target });
}
