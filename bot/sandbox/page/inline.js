// What is offered while the bot's name stands at the beginning? The bot's inline results, to be chosen by a tap.

// `ask(words, offset)` gives the number of a query, `choose(query, result)` sends one of its results.
export function inlineOf({ panel, name, ask, choose, start, words }) {
  let last = null;
  // an answer may be here before the number of its question
  let early = null;
  let timer = 0;
  let more = "";
  let wanted = "";
  const pattern = new RegExp(`^@${name}\\s+([^\\n]*)$`, "i");

  function hide() {
    clearTimeout(timer);
    last = null;
    panel.hidden = true;
    panel.replaceChildren();
  }

  async function next(offset) {
    more = "";
    last = await ask(wanted, offset);
    if (early?.query === last) answered(early);
    early = null;
  }

  function typed(text) {
    const found = pattern.exec(text);
    clearTimeout(timer);
    if (!found) { hide(); return; }
    timer = setTimeout(() => { wanted = found[1].trim(); next(""); }, 250);
  }

  function answered(answer) {
    const { query, results, next_offset: offset, button } = answer;
    if (query !== last) { early = answer; return; }
    const grid = panel.querySelector(".inline-grid") ?? document.createElement("div");
    if (panel.hidden || panel.dataset.words !== wanted) {
      grid.className = "inline-grid";
      grid.replaceChildren();
      panel.replaceChildren();
      if (button) {
        const top = document.createElement("button");
        top.className = "inline-top";
        top.textContent = button.text;
        top.onclick = () => { hide(); start(button.start_parameter); };
        panel.append(top);
      }
      panel.append(grid);
      panel.dataset.words = wanted;
    }
    for (const one of results) {
      const tile = document.createElement("button");
      const picture = document.createElement("img");
      picture.src = `/media/${encodeURIComponent(one.photo_file_id)}`;
      picture.alt = "";
      const about = document.createElement("span");
      about.textContent = wanted ? one.description : one.title;
      tile.append(picture, about);
      tile.onclick = () => { hide(); choose(query, one.id); };
      grid.append(tile);
    }
    if (!grid.childElementCount) {
      const nothing = document.createElement("p");
      nothing.textContent = words().nothing;
      grid.append(nothing);
    }
    more = offset;
    panel.hidden = false;
  }

  panel.addEventListener("scroll", () => {
    if (more && panel.scrollHeight - panel.scrollTop - panel.clientHeight < 120) next(more);
  });
  return { typed, answered, hide };
}
