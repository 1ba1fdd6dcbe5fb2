for (const plot of document.querySelectorAll(".plot")) {
  const source = plot.querySelector("script");
  if (!source) continue;
  const {x, t, s} = JSON.parse(source.textContent);
  if (!x.length) continue;
  const cursor = plot.appendChild(document.createElement("div"));
  const tip = plot.appendChild(document.createElement("div"));
  cursor.className = "cursor";
  tip.className = "tip";
  const show = (on) => { cursor.hidden = tip.hidden = !on; };
  show(false);
  plot.addEventListener("pointerleave", () => show(false));
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const wanted = (event.clientX - box.left) / box.width * 10000;
    let low = 0, high = x.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (x[middle] <= wanted) low = middle; else high = middle - 1;
    }
    const left = x[low] / 10000 * box.width;
    cursor.style.left = left + "px";
    tip.replaceChildren(...[t[low], ...s.map((line) => line.n + ": " + (line.v[low] ?? "none"))].map((text) => {
      const row = document.createElement("div");
      row.textContent = text;
      return row;
    }));
    show(true);
    tip.style.left = Math.max(0, Math.min(left + 10, box.width - tip.offsetWidth)) + "px";
  });
}
