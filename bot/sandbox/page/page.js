// How does the chat page work? It hears of every change as a server-sent event and draws the chat anew.

import { saidOf } from "/bubbles.js";
import { drawCalls, drawFrame, drawState, flagOf } from "/frame.js";
import { $, asked, deed, face, here, isGroup, make, me, nameOf, plainOf, store, toast, w } from "/here.js";
import { inlineOf } from "/inline.js";

let inline = null;
const busy = new Map();

// --- the chat ---

function shownMessages() {
  return here.state.messages.filter((one) => one.chat === here.chat && (one.topic ?? null) === here.topic).sort((a, b) => a.id - b.id);
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

const acts = {
  press,
  reply(message) { here.replying = message; here.editing = here.chosen = null; taken(); },
  edit(message) { here.editing = message; here.replying = here.chosen = null; $("text").value = plainOf(message.html); taken(); },
  choose(message) { here.chosen = here.chosen === message.id ? null : message.id; drawChat(); },
};

function taken() {
  context();
  drawChat();
  $("text").focus();
}

async function press(message, button, key) {
  if (button.url) { follow(button.url); return; }
  key.classList.add("busy");
  const answer = await deed("press", { chat: here.chat, message: message.id, data: button.callback_data });
  if (answer) busy.set(answer.query, key); else key.classList.remove("busy");
}

// Links of Telegram stay in the sandbox: a start is said to the bot, a share is put into the group's composer.
function follow(address) {
  const url = new URL(address);
  if (url.hostname !== "t.me") { window.open(address, "_blank", "noreferrer"); return; }
  if (url.pathname === "/share/url") {
    const group = here.state.chats.find((one) => one.id < 0);
    go(group.id);
    $("text").value = `${url.searchParams.get("text")}\n${url.searchParams.get("url")}`;
    grow();
    $("text").focus();
  } else if (url.pathname === `/${here.state.bot.username}`) start(url.searchParams.get("start") ?? "");
}

function start(payload) {
  go(here.person);
  say(`/start ${payload}`.trim());
}

function go(where, thread = null) {
  here.chat = where;
  here.topic = thread;
  moved();
}

function dayOf(date) {
  const day = new Date(date * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(day).setHours(0, 0, 0, 0)) / 864e5);
  return days === 0 ? w().today : days === 1 ? w().yesterday : day.toLocaleDateString(me().language_code);
}

function emptyChat() {
  const box = make("div", "empty");
  box.append(face(make("span", "face"), isGroup() ? here.chat : here.state.bot.id), make("p", "", w().welcome));
  const start = make("button", "", w().start);
  start.onclick = () => say("/start");
  const example = make("button", "", w().example);
  example.onclick = () => say(isGroup() ? `@${here.state.bot.username} ${w().example}` : w().example);
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
    const quoted = here.state.messages.find((one) => one.chat === here.chat && one.id === parts[0].reply_to);
    const key = JSON.stringify([parts, first, last, here.chosen === id, quoted?.html, here.person, me().language_code]);
    const old = drawn.get(id);
    const node = old?.key === key ? old.node : saidOf(parts, first, last, acts);
    if (old && old.node !== node) node.style.animation = "none";
    drawn.set(id, { key, node });
    kept.add(id);
    nodes.push(node);
    here.state.calls.filter((call) => call.violations.length && call.after === parts.at(-1).id && Number(call.chat) === here.chat).forEach((call) => nodes.push(flagOf(call)));
    before = parts.at(-1);
  }
  for (const id of drawn.keys()) if (!kept.has(id)) drawn.delete(id);
  if (!messages.length) nodes.push(emptyChat());
  $("messages").replaceChildren(...nodes);
  if (low || whole) requestAnimationFrame(() => { scroll.scrollTop = scroll.scrollHeight; });
}

// --- the composer ---

function context() {
  const about = here.editing ?? here.replying;
  $("context").hidden = !about;
  if (!about) return;
  $("context-title").textContent = here.editing ? w().edit : nameOf(about.from);
  $("context-text").textContent = plainOf(about.html) || w().photo;
}

function drawMenu(always = false) {
  const typed = $("text").value;
  const commands = here.state.menus[`${here.person} ${here.chat}`] ?? [];
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
  const done = here.editing
    ? await deed("edit", { chat: here.chat, message: here.editing.id, text })
    : await deed("say", { chat: here.chat, topic: here.topic, text, photo, reply_to: here.replying?.id });
  if (!done) return;
  $("text").value = "";
  here.replying = here.editing = null;
  context();
  grow();
  inline.hide();
  $("menu").hidden = true;
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

function moved() {
  store.set("person", here.person);
  store.set("chat", here.chat);
  store.set("topic", here.topic ?? "");
  inline.hide();
  here.replying = here.editing = here.chosen = here.action = null;
  context();
  drawAll();
}

function frame() {
  drawFrame({ go, drawAll });
}

function drawAll() {
  frame();
  drawChat({ whole: true });
}

// --- events ---

const on = {
  state(facts) {
    here.state = facts;
    here.live = true;
    if (!me()) here.person = here.state.people[0].id;
    if (!isGroup() || !here.state.chats.some((one) => one.id === here.chat)) here.chat = here.person;
    if (!isGroup()) here.topic = null;
    inline ??= inlineOf({
      panel: $("inline"), name: here.state.bot.username, words: w, start,
      ask: async (words, offset) => (await deed("ask", { chat: here.chat, words, offset }))?.query,
      choose: async (query, result) => { await deed("choose", { chat: here.chat, topic: here.topic, query, result }); $("text").value = ""; grow(); },
    });
    const language = asked.get("language");
    if (language && me().language_code !== language) { me().language_code = language; deed("speak", { language }); }
    here.state.calls.forEach((call) => { call.after = null; });
    drawAll();
    context();
  },
  message({ message }) {
    here.state.messages.push(message);
    if (message.chat === here.chat && message.from === here.state.bot.id) { here.action = null; drawState(); }
    drawChat();
    frame();
  },
  edit({ message }) {
    const place = here.state.messages.findIndex((one) => one.chat === message.chat && one.id === message.id);
    if (place >= 0) here.state.messages[place] = message;
    drawChat();
  },
  delete({ chat: where, message }) {
    here.state.messages = here.state.messages.filter((one) => one.chat !== where || one.id !== message);
    if (here.replying?.id === message) { here.replying = null; context(); }
    drawChat();
  },
  action({ chat: where, topic: thread, action: what }) {
    if (where !== here.chat || (thread ?? null) !== here.topic) return;
    here.action = what;
    clearTimeout(on.timer);
    on.timer = setTimeout(() => { here.action = null; drawState(); }, 5000);
    drawState();
  },
  answered({ query, text, alert: loud }) {
    busy.get(query)?.classList.remove("busy");
    busy.delete(query);
    if (text) { if (loud) window.alert(text); else toast(text); }
  },
  inline(facts) { inline.answered(facts); },
  menus({ menus }) { here.state.menus = menus; },
  bot({ online }) { here.state.online = online; drawState(); },
  call({ entry }) {
    entry.after = here.state.messages.filter((one) => one.chat === Number(entry.chat)).at(-1)?.id ?? null;
    here.state.calls.push(entry);
    if (here.state.calls.length > 300) here.state.calls.shift();
    here.state.violations += entry.violations.length;
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
    here.live = false;
    if (here.state) { here.state.online = false; drawState(); }
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

$("send").onclick = () => say($("text").value);
$("text").addEventListener("input", () => { grow(); drawMenu(); inline.typed($("text").value); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say($("text").value); }
  if (event.key === "Escape") { $("menu").hidden = true; inline.hide(); here.replying = here.editing = null; context(); }
});
$("slash").onclick = () => { if ($("menu").hidden) drawMenu(true); else $("menu").hidden = true; };
$("attach").onclick = () => $("file").click();
$("file").onchange = () => { const [file] = $("file").files; if (file) say($("text").value, file); $("file").value = ""; };
$("text").addEventListener("paste", (event) => { const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/")); if (file) { event.preventDefault(); say($("text").value, file); } });
$("context-close").onclick = () => { if (here.editing) $("text").value = ""; here.replying = here.editing = null; context(); };
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
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => here.state && frame());
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
listen();
