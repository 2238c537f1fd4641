// How are the pictures of one album laid out? Rows that fill the width, as messengers do.

const ROWS = { 1: [1], 2: [2], 3: [1, 2], 4: [1, 3], 5: [2, 3], 6: [3, 3], 7: [1, 3, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [2, 4, 4] };

function ratio(media, alone) {
  if (alone) return Math.max(0.35, media.width / media.height || 1.5);
  return Math.min(2.4, Math.max(0.6, media.width / media.height || 1.5));
}

// Two landscape pictures stand better one above the other than as two stamps.
function rowsFor(items) {
  const wide = items.every((one) => ratio(one) > 1.25);
  if (items.length === 2 && wide) return [1, 1];
  if (items.length === 4 && wide) return [2, 2];
  if (items.length === 5 && wide) return [1, 2, 2];
  if (items.length === 6 && wide) return [2, 2, 2];
  return ROWS[items.length] ?? [items.length];
}

// One picture alone is shown whole, and is no higher than most of the screen.
export function widthOf(media) {
  return `max(220px, calc(68vh * ${media.width / media.height || 1.5}))`;
}

export function albumOf(items, open) {
  const album = document.createElement("div");
  album.className = "album";
  let at = 0;
  for (const width of rowsFor(items)) {
    const row = document.createElement("div");
    row.className = "album-row";
    const part = items.slice(at, at + width);
    const sum = part.reduce((total, one) => total + ratio(one, items.length === 1), 0);
    row.style.aspectRatio = String(sum);
    part.forEach((one, index) => {
      const picture = document.createElement("img");
      picture.src = `/media/${encodeURIComponent(one.id)}`;
      picture.alt = "";
      picture.loading = "lazy";
      // a hundredfold: shares that sum up to less than 1 would leave the row unfilled
      picture.style.flex = `${100 * ratio(one, items.length === 1)} 1 0`;
      const place = at + index;
      picture.addEventListener("click", () => open(items, place));
      row.append(picture);
    });
    album.append(row);
    at += width;
  }
  return album;
}
