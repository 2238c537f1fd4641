// What stands around the chat? Its head, a drawer with people, chats and settings, one with calls.

import { $, deed, face, here, isGroup, make, me, plainOf, store, w } from "/here.js";
import { LANGUAGES } from "/words.js";

export function flagOf(call) {
  const flag = make("div", "flag");
  flag.append(make("b", "", call.method), make("span", "", call.violations.join(" · ")));
  return flag;
}

export function drawFrame({ go, drawAll }) {
  document.documentElement.lang = me().language_code;
  const dark = here.theme === "dark" || (here.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.querySelectorAll("[data-t]").forEach((node) => { node.textContent = w()[node.dataset.t]; });
  face($("chat-face"), isGroup() ? here.chat : here.state.bot.id);
  $("chat-title").textContent = titleOf(here.chat, here.topic);
  face($("me"), here.person);
  $("text").placeholder = w().message;
  $("people").replaceChildren(...here.state.people.map((one) => {
    const about = one.id === here.state.admin ? w().admin : one.owner ? w().owner : "";
    return rowOf(one.id, one.first_name, `${LANGUAGES[one.language_code] ?? one.language_code}${about ? ` · ${about}` : ""}`, one.id === here.person, () => { here.person = one.id; go(isGroup() ? here.chat : one.id, here.topic); });
  }));
  const rooms = here.state.chats.filter((one) => one.id < 0).flatMap((one) => (one.is_forum ? here.state.topics.map((about) => [one.id, about.id]) : [[one.id, null]]));
  $("chats").replaceChildren(
    rowOf(here.state.bot.id, here.state.bot.first_name, lastOf(here.person, null) || w().bot, !isGroup(), () => go(here.person)),
    ...rooms.map(([room, thread]) => rowOf(room, titleOf(room, thread), lastOf(room, thread) || (thread ? w().topic : w().members), here.chat === room && here.topic === thread, () => go(room, thread))));
  switchOf($("languages"), Object.keys(LANGUAGES), me().language_code, (one) => LANGUAGES[one], async (one) => { await deed("speak", { language: one }); me().language_code = one; drawAll(); });
  switchOf($("themes"), ["auto", "light", "dark"], here.theme, (one) => w()[one], (one) => { here.theme = one; store.set("theme", one); drawFrame({ go, drawAll }); });
  $("shapes").hidden = here.state.shapes_checked;
  drawState();
  drawCalls();
}

function titleOf(id, thread) {
  if (id > 0) return here.state.bot.first_name;
  return thread ? here.state.topics.find((one) => one.id === thread).title : here.state.chats.find((one) => one.id === id).title;
}

function lastOf(id, thread) {
  const last = here.state.messages.filter((one) => one.chat === id && (one.topic ?? null) === thread).at(-1);
  return last ? plainOf(last.html) || (last.media ? w().photo : "") : "";
}

function rowOf(id, title, about, on, then) {
  const row = make("button", `row${on ? " on" : ""}`);
  const box = make("div");
  box.append(make("b", "", title), make("small", "", about));
  row.append(face(make("span", "face"), id), box);
  row.onclick = () => { document.body.classList.remove("side"); then(); };
  return row;
}

function switchOf(node, options, value, label, then) {
  node.replaceChildren(...options.map((one) => {
    const button = make("button", one === value ? "on" : "", label(one));
    button.onclick = () => then(one);
    return button;
  }));
}

export function drawState() {
  const line = $("chat-state");
  line.className = here.action ? "live" : "";
  const idle = !here.live ? w().offline : !here.state.online ? w().starting : isGroup() ? w().members : w().bot;
  line.textContent = here.action ? w()[here.action] ?? w().typing : idle;
}

export function drawCalls() {
  $("open-calls").className = `calls-chip${here.state.violations ? " bad" : ""}`;
  const calls = here.state.calls.at(-1)?.number ?? 0;
  $("calls-count").replaceChildren(...(here.state.violations ? [w().broken(here.state.violations)] : [make("b", "", `${calls}`), make("span", "wide-only", ` ${w().fine(calls)}`)]));
  if (!document.body.classList.contains("calls")) return;
  $("call-list").replaceChildren(...here.state.calls.slice(-150).reverse().map((call) => {
    const node = make("details", `call${call.violations.length ? " bad" : call.refused ? " refused" : ""}`);
    const title = make("summary");
    title.append(make("b", "", call.method), make("span", "", `#${call.number}`));
    const list = make("dl");
    for (const [name, value] of Object.entries(call.fields)) list.append(make("dt", "", name), make("dd", "", value));
    node.append(title);
    for (const why of call.violations.length ? call.violations : [call.refused ?? ""]) if (why) node.append(make("div", "why", why));
    node.append(list);
    return node;
  }));
}
