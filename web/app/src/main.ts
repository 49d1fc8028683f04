import { mount } from "svelte";
import App from "./App.svelte";
import { app } from "./state.svelte";
import "@report/page.css";
import "./app.css";

await app.begin();
mount(App, { target: document.getElementById("app")! });
