// How does the chat page work? It hears of every change as a server-sent event and draws the chat anew.

import { albumOf, widthOf } from "/album.js";
import { inlineOf } from "/inline.js";
import { view } from "/viewer.js";
import { LANGUAGES, words } from "/words.js";

const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const store = { get: (key) => asked.get(key) ?? localStorage.getItem(`rakurs-${key}`), set: (key, value) => localStorage.setItem(`rakurs-${key}`, value) };
const CAR = '<svg viewBox="0 0 32 32"><path d="M4 20l2-6c.6-1.7 1.8-2.5 3.6-2.500H20c1.7 0 2.9.7 3.8 2.200l2 3.300c1.7.4 2.6 1.3 2.6 3V22h-2a3.2 3.2 0 00-6.3 0h-7.400a3.2 3.2 0 00-6.3 0H4zm4-3h6v-3.300H9.800c-.6 0-.9.2-1.1.8zm8 0h6.400l-1.3-2.300c-.4-.7-.9-1-1.7-1H16z"/></svg>';

let state = null;
let person = Number(store.get("person")) || 1001;
let chat = Number(store.get("chat")) || person;
let topic = chat < 0 ? Number(store.get("topic")) || null : null;
let inline = null;
let theme = store.get("theme") ?? "auto";
let replying = null;
let editing = null;
let chosen = null;
let action = null;
let live = false;
const busy = new Map();

// --- small things ---

function make(tag, kind, text) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

const me = () => state.people.find((one) => one.id === person);
const w = () => words(me()?.language_code);
const isGroup = () => chat < 0;
const plainOf = (html) => { const box = make("div"); box.innerHTML = html; return box.textContent; };
const time = (date) => new Date(date * 1000).toLocaleTimeString("uk-UA", { hour: "2-digit", minute: "2-digit" });

function nameOf(id) {
  return id === state.bot.id ? state.bot.first_name : state.people.find((one) => one.id === id)?.first_name ?? "?";
}

function face(node, id) {
  const index = state.people.findIndex((one) => one.id === id);
  node.classList.remove("bot", "group", "c0", "c1", "c2");
  if (id === state.bot.id) { node.classList.add("bot"); node.innerHTML = CAR; return node; }
  node.classList.add(id < 0 ? "group" : `c${index % 3}`);
  node.textContent = id < 0 ? "🏁" : nameOf(id)[0];
  return node;
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").hidden = true; }, 3500);
}

async function deed(name, fields) {
  const form = new FormData();
  for (const [key, value] of Object.entries({ person, ...fields })) if (value !== null && value !== undefined) form.set(key, value);
  try {
    const answer = await fetch(`/api/${name}`, { method: "POST", body: form });
    if (!answer.ok) throw new Error(answer.status);
    return await answer.json();
  } catch {
    toast(w().gone);
    return null;
  }
}

// --- the chat ---

function shownMessages() {
  return state.messages.filter((one) => one.chat === chat && (one.topic ?? null) === topic).sort((a, b) => a.id - b.id);
}

// Messages of one album become one bubble.
function groups(messages) {
  const found = [];
  for (const message of messages) {
    const last = found.at(-1);
    if (message.album && last?.[0].album === message.album) last.push(message);
    else found.push([message]);
  }
  return found;
}

function quoteOf(id) {
  const replied = state.messages.find((one) => one.chat === chat && one.id === id);
  const quote = make("button", "quote");
  quote.append(make("b", "", replied ? nameOf(replied.from) : "…"));
  quote.append(make("span", "", replied ? plainOf(replied.html) || (replied.media ? w().photo : "") : ""));
  quote.onclick = () => document.querySelector(`[data-id="${id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  return quote;
}

function fileOf(media) {
  if (media.kind !== "document") {
    const moving = make(media.type?.startsWith("video/") ? "video" : "img");
    moving.src = `/media/${media.id}`;
    Object.assign(moving, { autoplay: true, loop: media.kind === "animation", muted: true, controls: media.kind === "video", playsInline: true });
    moving.className = "film";
    if (media.width) moving.style.aspectRatio = `${media.width} / ${media.height}`;
    return moving;
  }
  const link = make("a", "doc");
  link.href = `/media/${media.id}?download`;
  const sign = make("i", "", media.type.startsWith("image/") ? "" : "↓");
  if (media.type.startsWith("image/")) sign.style.backgroundImage = `url("/media/${media.id}")`;
  const about = make("div");
  about.append(make("b", "", media.name), make("small", "", `${Math.max(1, Math.round(media.size / 1024))} kB`));
  link.append(sign, about);
  return link;
}

function keysOf(message) {
  const keys = make("div", "keys");
  for (const row of message.buttons) {
    const line = make("div");
    for (const button of row) {
      const key = make("button", "", button.text);
      key.onclick = () => press(message, button, key);
      line.append(key);
    }
    keys.append(line);
  }
  return keys;
}

async function press(message, button, key) {
  if (button.url) { follow(button.url); return; }
  key.classList.add("busy");
  const answer = await deed("press", { chat, message: message.id, data: button.callback_data });
  if (answer) busy.set(answer.query, key); else key.classList.remove("busy");
}

// Links of Telegram stay in the sandbox: a start is said to the bot, a share is put into the group's composer.
function follow(address) {
  const url = new URL(address);
  if (url.hostname !== "t.me") { window.open(address, "_blank", "noreferrer"); return; }
  if (url.pathname === "/share/url") {
    const group = state.chats.find((one) => one.id < 0);
    go(group.id);
    $("text").value = `${url.searchParams.get("text")}\n${url.searchParams.get("url")}`;
    grow();
    $("text").focus();
  } else if (url.pathname === `/${state.bot.username}`) start(url.searchParams.get("start") ?? "");
}

function start(payload) {
  go(person);
  say(`/start ${payload}`.trim());
}

function go(where, thread = null) {
  chat = where;
  topic = thread;
  moved();
}

function deedsOf(message) {
  const deeds = make("div", "deeds");
  const reply = make("button", "", w().reply);
  reply.onclick = () => { replying = message; editing = chosen = null; context(); drawChat(); $("text").focus(); };
  deeds.append(reply);
  if (message.from === person) {
    const edit = make("button", "", w().edit);
    edit.onclick = () => { editing = message; replying = chosen = null; $("text").value = plainOf(message.html); context(); drawChat(); $("text").focus(); };
    deeds.append(edit);
  }
  return deeds;
}

function metaOf(message, mine) {
  return make("span", "meta", `${message.edited ? `${w().edited} ` : ""}${time(message.date)}${mine ? " ✓✓" : ""}`);
}

function saidOf(parts, first, last) {
  const [message] = parts;
  const mine = message.from === person;
  const said = make("div", `said${mine ? " mine" : ""}${first ? " first" : ""}`);
  said.dataset.id = message.id;
  if (isGroup() && !mine) said.append(last ? face(make("span", "face small"), message.from) : make("span", "face small none"));
  const photos = parts.filter((one) => one.media?.kind === "photo").map((one) => one.media);
  const film = parts.find((one) => one.media?.kind === "animation" || one.media?.kind === "video")?.media;
  const stack = make("div", `stack${photos.length || film ? " wide" : ""}`);
  if (photos.length === 1 || film) stack.style.maxWidth = widthOf(film ?? photos[0]);
  const bubble = make("div", "bubble");
  if (isGroup() && !mine && first) bubble.append(make("div", "name", nameOf(message.from)));
  if (message.via) bubble.append(make("div", "via", `${w().via} @${state.bot.username}`));
  if (message.reply_to) bubble.append(quoteOf(message.reply_to));
  if (photos.length) bubble.append(albumOf(photos, view));
  parts.filter((one) => one.media && one.media.kind !== "photo").forEach((one) => bubble.append(fileOf(one.media)));
  const text = parts.find((one) => one.html)?.html ?? "";
  const box = make("div", "words");
  box.innerHTML = text;
  if (text || !photos.length) { box.append(metaOf(message, mine)); bubble.append(box); } else bubble.append(metaOf(message, mine));
  bubble.addEventListener("click", (event) => {
    if (event.target.closest("a, button, img, video, code")) return;
    chosen = chosen === message.id ? null : message.id;
    drawChat();
  });
  stack.append(bubble);
  if (message.buttons.length) { stack.append(keysOf(message)); stack.classList.add("keyed"); }
  if (chosen === message.id) stack.append(deedsOf(message));
  if (message.unseen) stack.append(make("div", "note", w().unseen));
  said.append(stack);
  return said;
}

function dayOf(date) {
  const day = new Date(date * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(day).setHours(0, 0, 0, 0)) / 864e5);
  return days === 0 ? w().today : days === 1 ? w().yesterday : day.toLocaleDateString(me().language_code);
}

function emptyChat() {
  const box = make("div", "empty");
  box.append(face(make("span", "face"), isGroup() ? chat : state.bot.id), make("p", "", w().welcome));
  const start = make("button", "", w().start);
  start.onclick = () => say("/start");
  const example = make("button", "", w().example);
  example.onclick = () => say(isGroup() ? `@${state.bot.username} ${w().example}` : w().example);
  if (!isGroup()) box.append(start);
  box.append(example);
  return box;
}

const drawn = new Map();

function drawChat({ whole = false } = {}) {
  const scroll = $("scroll");
  const low = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const messages = shownMessages();
  const nodes = [];
  let before = null;
  if (whole) drawn.clear();
  const kept = new Set();
  const bundles = groups(messages);
  for (const [place, parts] of bundles.entries()) {
    const first = before === null || before.from !== parts[0].from || parts[0].date - before.date > 300;
    const last = bundles[place + 1]?.[0].from !== parts[0].from;
    if (before === null || dayOf(before.date) !== dayOf(parts[0].date)) nodes.push(make("div", "day", dayOf(parts[0].date)));
    const id = parts[0].id;
    const quoted = state.messages.find((one) => one.chat === chat && one.id === parts[0].reply_to);
    const key = JSON.stringify([parts, first, last, chosen === id, quoted?.html, person, me().language_code]);
    const old = drawn.get(id);
    const node = old?.key === key ? old.node : saidOf(parts, first, last);
    if (old && old.node !== node) node.style.animation = "none";
    drawn.set(id, { key, node });
    kept.add(id);
    nodes.push(node);
    state.calls.filter((call) => call.violations.length && call.after === parts.at(-1).id && Number(call.chat) === chat).forEach((call) => nodes.push(flagOf(call)));
    before = parts.at(-1);
  }
  for (const id of drawn.keys()) if (!kept.has(id)) drawn.delete(id);
  if (!messages.length) nodes.push(emptyChat());
  $("messages").replaceChildren(...nodes);
  if (low || whole) requestAnimationFrame(() => { scroll.scrollTop = scroll.scrollHeight; });
}

function flagOf(call) {
  const flag = make("div", "flag");
  flag.append(make("b", "", call.method), make("span", "", call.violations.join(" · ")));
  return flag;
}

// --- head, drawers, composer ---

function drawFrame() {
  document.documentElement.lang = me().language_code;
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.querySelectorAll("[data-t]").forEach((node) => { node.textContent = w()[node.dataset.t]; });
  face($("chat-face"), isGroup() ? chat : state.bot.id);
  $("chat-title").textContent = titleOf(chat, topic);
  face($("me"), person);
  $("text").placeholder = w().message;
  $("people").replaceChildren(...state.people.map((one) => {
    const about = one.id === state.admin ? w().admin : one.owner ? w().owner : "";
    return rowOf(one.id, one.first_name, `${LANGUAGES[one.language_code] ?? one.language_code}${about ? ` · ${about}` : ""}`, one.id === person, () => { person = one.id; go(isGroup() ? chat : one.id, topic); });
  }));
  const rooms = state.chats.filter((one) => one.id < 0).flatMap((one) => (one.is_forum ? state.topics.map((about) => [one.id, about.id]) : [[one.id, null]]));
  $("chats").replaceChildren(
    rowOf(state.bot.id, state.bot.first_name, lastOf(person, null) || w().bot, !isGroup(), () => go(person)),
    ...rooms.map(([room, thread]) => rowOf(room, titleOf(room, thread), lastOf(room, thread) || (thread ? w().topic : w().members), chat === room && topic === thread, () => go(room, thread))));
  switchOf($("languages"), Object.keys(LANGUAGES), me().language_code, (one) => LANGUAGES[one], async (one) => { await deed("speak", { language: one }); me().language_code = one; drawAll(); });
  switchOf($("themes"), ["auto", "light", "dark"], theme, (one) => w()[one], (one) => { theme = one; store.set("theme", one); drawFrame(); });
  $("shapes").hidden = state.shapes_checked;
  drawState();
  drawCalls();
}

function titleOf(id, thread) {
  if (id > 0) return state.bot.first_name;
  return thread ? state.topics.find((one) => one.id === thread).title : state.chats.find((one) => one.id === id).title;
}

function lastOf(id, thread) {
  const last = state.messages.filter((one) => one.chat === id && (one.topic ?? null) === thread).at(-1);
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

function drawState() {
  const line = $("chat-state");
  line.className = action ? "live" : "";
  const idle = !live ? w().offline : !state.online ? w().starting : isGroup() ? w().members : w().bot;
  line.textContent = action ? w()[action] ?? w().typing : idle;
}

function drawCalls() {
  $("open-calls").className = `calls-chip${state.violations ? " bad" : ""}`;
  const calls = state.calls.at(-1)?.number ?? 0;
  $("calls-count").replaceChildren(...(state.violations ? [w().broken(state.violations)] : [make("b", "", `${calls}`), make("span", "wide-only", ` ${w().fine(calls)}`)]));
  if (!document.body.classList.contains("calls")) return;
  $("call-list").replaceChildren(...state.calls.slice(-150).reverse().map((call) => {
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

function context() {
  const about = editing ?? replying;
  $("context").hidden = !about;
  if (!about) return;
  $("context-title").textContent = editing ? w().edit : nameOf(about.from);
  $("context-text").textContent = plainOf(about.html) || w().photo;
}

function drawMenu(always = false) {
  const typed = $("text").value;
  const commands = state.menus[`${person} ${chat}`] ?? [];
  const fitting = always ? commands : commands.filter((one) => typed.startsWith("/") && `/${one.command}`.startsWith(typed));
  $("menu").hidden = !fitting.length || (typed.includes(" ") && !always);
  $("menu").replaceChildren(...fitting.map((one) => {
    const row = make("button");
    row.append(make("b", "", `/${one.command}`), make("span", "", one.description));
    row.onclick = () => { $("menu").hidden = true; $("text").value = ""; say(`/${one.command}`); };
    return row;
  }));
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${$("text").scrollHeight}px`;
}

async function say(text, photo) {
  if (!text.trim() && !photo) return;
  const done = editing
    ? await deed("edit", { chat, message: editing.id, text })
    : await deed("say", { chat, topic, text, photo, reply_to: replying?.id });
  if (!done) return;
  $("text").value = "";
  replying = editing = null;
  context();
  grow();
  inline.hide();
  $("menu").hidden = true;
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

function moved() {
  store.set("person", person);
  store.set("chat", chat);
  store.set("topic", topic ?? "");
  inline.hide();
  replying = editing = chosen = action = null;
  context();
  drawAll();
}

function drawAll() {
  drawFrame();
  drawChat({ whole: true });
}

// --- events ---

const on = {
  state(facts) {
    state = facts;
    live = true;
    if (!me()) person = state.people[0].id;
    if (!isGroup() || !state.chats.some((one) => one.id === chat)) chat = person;
    if (!isGroup()) topic = null;
    inline ??= inlineOf({
      panel: $("inline"), name: state.bot.username, words: w, start,
      ask: async (words, offset) => (await deed("ask", { chat, words, offset }))?.query,
      choose: async (query, result) => { await deed("choose", { chat, topic, query, result }); $("text").value = ""; grow(); },
    });
    const language = asked.get("language");
    if (language && me().language_code !== language) { me().language_code = language; deed("speak", { language }); }
    state.calls.forEach((call) => { call.after = null; });
    drawAll();
    context();
  },
  message({ message }) {
    state.messages.push(message);
    if (message.chat === chat && message.from === state.bot.id) { action = null; drawState(); }
    drawChat();
    drawFrame();
  },
  edit({ message }) {
    const place = state.messages.findIndex((one) => one.chat === message.chat && one.id === message.id);
    if (place >= 0) state.messages[place] = message;
    drawChat();
  },
  delete({ chat: where, message }) {
    state.messages = state.messages.filter((one) => one.chat !== where || one.id !== message);
    if (replying?.id === message) { replying = null; context(); }
    drawChat();
  },
  action({ chat: where, topic: thread, action: what }) {
    if (where !== chat || (thread ?? null) !== topic) return;
    action = what;
    clearTimeout(on.timer);
    on.timer = setTimeout(() => { action = null; drawState(); }, 5000);
    drawState();
  },
  answered({ query, text, alert: loud }) {
    busy.get(query)?.classList.remove("busy");
    busy.delete(query);
    if (text) { if (loud) window.alert(text); else toast(text); }
  },
  inline(facts) { inline.answered(facts); },
  menus({ menus }) { state.menus = menus; },
  bot({ online }) { state.online = online; drawState(); },
  call({ entry }) {
    entry.after = state.messages.filter((one) => one.chat === Number(entry.chat)).at(-1)?.id ?? null;
    state.calls.push(entry);
    if (state.calls.length > 300) state.calls.shift();
    state.violations += entry.violations.length;
    drawCalls();
    if (entry.violations.length) drawChat();
  },
  beat() {},
};

function listen() {
  const stream = new EventSource("/api/events");
  // a page that is left keeps no line open: a browser has only six for one address
  addEventListener("pagehide", () => stream.close(), { once: true });
  stream.onmessage = (event) => { const facts = JSON.parse(event.data); on[facts.kind]?.(facts); };
  stream.onerror = () => {
    live = false;
    if (state) { state.online = false; drawState(); }
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

$("send").onclick = () => say($("text").value);
$("text").addEventListener("input", () => { grow(); drawMenu(); inline.typed($("text").value); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say($("text").value); }
  if (event.key === "Escape") { $("menu").hidden = true; inline.hide(); replying = editing = null; context(); }
});
$("slash").onclick = () => { if ($("menu").hidden) drawMenu(true); else $("menu").hidden = true; };
$("attach").onclick = () => $("file").click();
$("file").onchange = () => { const [file] = $("file").files; if (file) say($("text").value, file); $("file").value = ""; };
$("text").addEventListener("paste", (event) => { const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/")); if (file) { event.preventDefault(); say($("text").value, file); } });
$("context-close").onclick = () => { if (editing) $("text").value = ""; replying = editing = null; context(); };
$("open-side").onclick = $("me").onclick = () => document.body.classList.toggle("side");
$("open-calls").onclick = () => { document.body.classList.toggle("calls"); drawCalls(); };
$("close-calls").onclick = () => document.body.classList.remove("calls");
$("shade").onclick = () => document.body.classList.remove("side", "calls");
$("scroll").addEventListener("scroll", () => { const box = $("scroll"); $("down").hidden = box.scrollHeight - box.scrollTop - box.clientHeight < 260; });
$("down").onclick = () => $("scroll").scrollTo({ top: $("scroll").scrollHeight, behavior: "smooth" });
$("messages").addEventListener("click", (event) => {
  const word = event.target.closest("[data-word]")?.dataset.word;
  if (word?.startsWith("/")) say(word);
  const link = event.target.closest("a[href^='https://t.me/']");
  if (link) { event.preventDefault(); follow(link.href); }
  if (event.target.tagName === "CODE") navigator.clipboard?.writeText(event.target.textContent).then(() => toast(event.target.textContent));
});
$("messages").addEventListener("load", () => { const box = $("scroll"); if (box.scrollHeight - box.scrollTop - box.clientHeight < 500) box.scrollTop = box.scrollHeight; }, true);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => state && drawFrame());
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
listen();
