// How does what was said look? One bubble; `acts` are what its buttons do: press, reply, edit, choose.

import { albumOf, widthOf } from "/album.js";
import { face, here, isGroup, make, nameOf, plainOf, time, w } from "/here.js";
import { view } from "/viewer.js";

function quoteOf(id) {
  const replied = here.state.messages.find((one) => one.chat === here.chat && one.id === id);
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

function keysOf(message, acts) {
  const keys = make("div", "keys");
  for (const row of message.buttons) {
    const line = make("div");
    for (const button of row) {
      const key = make("button", "", button.text);
      key.onclick = () => acts.press(message, button, key);
      line.append(key);
    }
    keys.append(line);
  }
  return keys;
}

function deedsOf(message, acts) {
  const deeds = make("div", "deeds");
  const reply = make("button", "", w().reply);
  reply.onclick = () => acts.reply(message);
  deeds.append(reply);
  if (message.from === here.person) {
    const edit = make("button", "", w().edit);
    edit.onclick = () => acts.edit(message);
    deeds.append(edit);
  }
  return deeds;
}

function metaOf(message, mine) {
  return make("span", "meta", `${message.edited ? `${w().edited} ` : ""}${time(message.date)}${mine ? " ✓✓" : ""}`);
}

export function saidOf(parts, first, last, acts) {
  const [message] = parts;
  const mine = message.from === here.person;
  const said = make("div", `said${mine ? " mine" : ""}${first ? " first" : ""}`);
  said.dataset.id = message.id;
  if (isGroup() && !mine) said.append(last ? face(make("span", "face small"), message.from) : make("span", "face small none"));
  const photos = parts.filter((one) => one.media?.kind === "photo").map((one) => one.media);
  const film = parts.find((one) => one.media?.kind === "animation" || one.media?.kind === "video")?.media;
  const stack = make("div", `stack${photos.length || film ? " wide" : ""}`);
  if (photos.length === 1 || film) stack.style.maxWidth = widthOf(film ?? photos[0]);
  const bubble = make("div", "bubble");
  if (isGroup() && !mine && first) bubble.append(make("div", "name", nameOf(message.from)));
  if (message.via) bubble.append(make("div", "via", `${w().via} @${here.state.bot.username}`));
  if (message.reply_to) bubble.append(quoteOf(message.reply_to));
  if (photos.length) bubble.append(albumOf(photos, view));
  parts.filter((one) => one.media && one.media.kind !== "photo").forEach((one) => bubble.append(fileOf(one.media)));
  const text = parts.find((one) => one.html)?.html ?? "";
  const box = make("div", "words");
  box.innerHTML = text;
  if (text || !photos.length) { box.append(metaOf(message, mine)); bubble.append(box); } else bubble.append(metaOf(message, mine));
  bubble.addEventListener("click", (event) => {
    if (event.target.closest("a, button, img, video, code")) return;
    acts.choose(message);
  });
  stack.append(bubble);
  if (message.buttons.length) { stack.append(keysOf(message, acts)); stack.classList.add("keyed"); }
  if (here.chosen === message.id) stack.append(deedsOf(message, acts));
  if (message.unseen) stack.append(make("div", "note", w().unseen));
  said.append(stack);
  return said;
}
