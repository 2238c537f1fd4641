// What does the page know, and what do all its parts use?

import { words } from "/words.js";

export const $ = (id) => document.getElementById(id);
export const asked = new URLSearchParams(location.search);
export const store = { get: (key) => asked.get(key) ?? localStorage.getItem(`rakurs-${key}`), set: (key, value) => localStorage.setItem(`rakurs-${key}`, value) };
const CAR = '<svg viewBox="0 0 32 32"><path d="M4 20l2-6c.6-1.7 1.8-2.5 3.6-2.500H20c1.7 0 2.9.7 3.8 2.200l2 3.300c1.7.4 2.6 1.3 2.6 3V22h-2a3.2 3.2 0 00-6.3 0h-7.400a3.2 3.2 0 00-6.3 0H4zm4-3h6v-3.300H9.800c-.6 0-.9.2-1.1.8zm8 0h6.400l-1.3-2.300c-.4-.7-.9-1-1.7-1H16z"/></svg>';

const person = Number(store.get("person")) || 1001;
const chat = Number(store.get("chat")) || person;
export const here = {
  state: null,
  person,
  chat,
  topic: chat < 0 ? Number(store.get("topic")) || null : null,
  theme: store.get("theme") ?? "auto",
  replying: null,
  editing: null,
  chosen: null,
  action: null,
  live: false,
};

export function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

export const me = () => here.state.people.find((one) => one.id === here.person);
export const w = () => words(me()?.language_code);
export const isGroup = () => here.chat < 0;
export const plainOf = (html) => { const box = make("div"); box.innerHTML = html; return box.textContent; };
export const time = (date) => new Date(date * 1000).toLocaleTimeString("uk-UA", { hour: "2-digit", minute: "2-digit" });

export function nameOf(id) {
  return id === here.state.bot.id ? here.state.bot.first_name : here.state.people.find((one) => one.id === id)?.first_name ?? "?";
}

export function face(node, id) {
  const index = here.state.people.findIndex((one) => one.id === id);
  node.classList.remove("bot", "group", "c0", "c1", "c2");
  if (id === here.state.bot.id) { node.classList.add("bot"); node.innerHTML = CAR; return node; }
  node.classList.add(id < 0 ? "group" : `c${index % 3}`);
  node.textContent = id < 0 ? "🏁" : nameOf(id)[0];
  return node;
}

export function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

export async function deed(name, fields) {
  const form = new FormData();
  for (const [key, value] of Object.entries({ person: here.person, ...fields })) if (value !== null && value !== undefined) form.set(key, value);
  try {
    const answer = await fetch(`/api/${name}`, { method: "POST", body: form });
    if (!answer.ok) throw new Error(answer.status);
    return await answer.json();
  } catch {
    toast(w().gone);
    return null;
  }
}
