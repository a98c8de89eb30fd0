// Rows are moved with the mouse or a finger by their handle.

/** Moves rows below `body`: `place` is told from where to where a row goes, as soon as it is dragged over another. */
export function dragRows(body: HTMLElement, rows: () => HTMLElement[], place: (from: number, to: number) => void): void {
  let moving: HTMLElement | null = null;
  body.addEventListener("pointerdown", (event) => {
    const handle = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-move]") : null;
    if (!handle) return;
    moving = rows().find((row) => row.contains(handle)) ?? null;
    moving?.classList.add("is-moving");
    handle.setPointerCapture(event.pointerId);
  });
  body.addEventListener("pointermove", (event) => {
    if (!moving) return;
    const all = rows();
    const over = all.findIndex((row) => {
      const area = row.getBoundingClientRect();
      return event.clientY >= area.top && event.clientY < area.bottom;
    });
    const from = all.indexOf(moving);
    if (over >= 0 && over !== from) place(from, over);
  });
  const end = () => {
    moving?.classList.remove("is-moving");
    moving = null;
  };
  body.addEventListener("pointerup", end);
  body.addEventListener("pointercancel", end);
}
