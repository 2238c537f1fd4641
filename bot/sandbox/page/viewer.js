// How is a picture of an album seen large? Over the whole page, one after the other.

const $ = (id) => document.getElementById(id);
let items = [];
let at = 0;

function show(place) {
  at = (place + items.length) % items.length;
  $("viewer-picture").src = `/media/${items[at].id}`;
  $("viewer-count").textContent = items.length > 1 ? `${at + 1} / ${items.length}` : "";
  $("viewer-back").hidden = $("viewer-next").hidden = items.length < 2;
}

export function view(pictures, first) {
  items = pictures;
  $("viewer").hidden = false;
  show(first);
}

const close = () => { $("viewer").hidden = true; };
const back = () => show(at - 1);
const next = () => show(at + 1);

$("viewer").onclick = (event) => { if (event.target.id === "viewer") close(); };
$("viewer-close").onclick = close;
$("viewer-back").onclick = back;
$("viewer-next").onclick = $("viewer-picture").onclick = next;
document.addEventListener("keydown", (event) => {
  if (!$("viewer").hidden) ({ Escape: close, ArrowLeft: back, ArrowRight: next })[event.key]?.();
});
