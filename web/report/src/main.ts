import { mount, tick } from "svelte";
import App from "./App.svelte";
import type { PageData } from "./data/types";
import { ReportState } from "./state.svelte";
import "./page.css";

const read = (id: string) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const page: PageData = read("landbridge-data");
page.outlines = read("landbridge-outlines");
const state = new ReportState(page);
mount(App, { target: document.getElementById("app")!, props: { state } });
void tick().then(() =>
  requestAnimationFrame(() => {
    document.documentElement.dataset.ready = String(Math.round(performance.now()));
  }),
);
