// Moving by mouse, pen or finger: from the palette onto the form, and on the form from place to place. The same is done by keys elsewhere.

import { h } from "../base/dom.ts";
import type { Commands } from "./commands.ts";
import type { Place } from "./layout.ts";

/** What would happen if it were let go here. */
type Target = { into: "section"; place: Place; line: Line } | { into: "table"; table: string; before: string | null; line: Line } | { into: "entries"; at: number[]; line: Line };

interface Line {
  left: number;
  top: number;
  width: number;
  height: number;
}

const SLACK = 5;

/** Lets everything below `root` that carries `data-drag` be dragged onto the canvas. */
export function makeDraggable(root: HTMLElement, commands: Commands): void {
  root.addEventListener("pointerdown", (down) => {
    const source = down.target instanceof Element ? down.target.closest<HTMLElement>("[data-drag]") : null;
    if (!source || down.button !== 0 || (down.target instanceof Element && down.target.closest("[data-tool]"))) return;
    // a finger scrolls; it drags only by the grip
    if (down.pointerType === "touch" && !(down.target instanceof Element && down.target.closest(".dz-grip"))) return;
    let drag: Drag | null = null;
    const move = (event: PointerEvent) => {
      if (!drag && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < SLACK) return;
      event.preventDefault();
      drag ??= new Drag(source, commands);
      drag.over(event.clientX, event.clientY);
    };
    const end = (event: Event) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      removeEventListener("keydown", escape, true);
      if (!drag) return;
      drag.end(event.type === "pointerup");
      // a click that follows at once belongs to the drag; the next one does not
      const swallow = (click: Event) => click.stopPropagation();
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, true), 0);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        end(event);
      }
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    addEventListener("keydown", escape, true);
  });
}

class Drag {
  private readonly what: string;
  private readonly ghost: HTMLElement;
  private readonly line = h("div", { class: "dz-line", hidden: true });
  private target: Target | null = null;

  constructor(
    private readonly source: HTMLElement,
    private readonly commands: Commands,
  ) {
    this.what = source.dataset["drag"] ?? "";
    this.ghost = h("div", { class: "dz-ghost-f" }, source.getAttribute("aria-label")?.split(",")[0] ?? source.textContent ?? "");
    source.classList.add("is-lifted");
    document.body.classList.add("is-dragging");
    document.body.append(this.ghost, this.line);
  }

  over(x: number, y: number): void {
    this.ghost.style.transform = `translate(${x + 12}px, ${y + 12}px)`;
    const canvas = document.getElementById("canvas");
    const scroller = canvas?.closest<HTMLElement>(".dz-canvas");
    if (scroller) {
      const box = scroller.getBoundingClientRect();
      if (y < box.top + 40) scroller.scrollTop -= 12;
      else if (y > box.bottom - 40) scroller.scrollTop += 12;
    }
    this.target = canvas ? this.find(canvas, x, y) : null;
    this.line.hidden = this.target === null;
    if (this.target) Object.assign(this.line.style, Object.fromEntries(Object.entries(this.target.line).map(([key, value]) => [key, `${value}px`])));
  }

  end(drop: boolean): void {
    this.ghost.remove();
    this.line.remove();
    this.source.classList.remove("is-lifted");
    document.body.classList.remove("is-dragging");
    if (!drop || !this.target) return;
    const [kind, name] = [this.what.slice(0, this.what.indexOf(":")), this.what.slice(this.what.indexOf(":") + 1)];
    const { target, commands } = this;
    if (target.into === "entries") commands.dropEntry(kind, name, target.at);
    else if (target.into === "section") commands.dropField(kind, name, target.place);
    else commands.dropColumn(kind, name, target.table, target.before);
  }

  private find(canvas: HTMLElement, x: number, y: number): Target | null {
    const box = canvas.getBoundingClientRect();
    if (x < box.left || x > box.right || y < box.top - 20 || y > box.bottom + 80) return null;
    const kind = this.what.slice(0, this.what.indexOf(":"));
    const name = this.what.slice(this.what.indexOf(":") + 1);
    if (kind === "entry" || kind === "part") return entryTarget(canvas, y);
    const below = document.elementsFromPoint(x, y);
    const table = below.find((element): element is HTMLElement => element instanceof HTMLElement && element.dataset["table"] !== undefined);
    const isColumn = name.includes(".");
    if (table?.dataset["table"] !== undefined && (kind === "type" || (isColumn && name.startsWith(`${table.dataset["table"]}.`)))) return columnTarget(table, table.dataset["table"], x);
    if (kind === "field" && isColumn) return null;
    return sectionTarget(canvas, x, y);
  }
}

function entryTarget(canvas: HTMLElement, y: number): Target | null {
  const parts = [...canvas.children].filter((part): part is HTMLElement => part instanceof HTMLElement && part.matches(".dz-part:not(.is-loose)"));
  const sheet = canvas.getBoundingClientRect();
  for (const [index, part] of parts.entries()) {
    const box = part.getBoundingClientRect();
    if (y < box.top + box.height / 2) return { into: "entries", at: [index], line: { left: sheet.left + 12, top: box.top - 2, width: sheet.width - 24, height: 3 } };
  }
  const last = parts.at(-1)?.getBoundingClientRect();
  return { into: "entries", at: [parts.length], line: { left: sheet.left + 12, top: (last?.bottom ?? sheet.top) - 1, width: sheet.width - 24, height: 3 } };
}

function columnTarget(table: HTMLElement, name: string, x: number): Target {
  const columns = [...table.querySelectorAll<HTMLElement>("[data-path]")];
  const box = table.getBoundingClientRect();
  for (const column of columns) {
    const cell = column.getBoundingClientRect();
    if (x < cell.left + cell.width / 2) return { into: "table", table: name, before: column.dataset["path"]?.split(".")[1] ?? null, line: { left: cell.left - 1, top: box.top, width: 3, height: box.height } };
  }
  const last = columns.at(-1)?.getBoundingClientRect();
  return { into: "table", table: name, before: null, line: { left: (last?.right ?? box.left + 4) - 1, top: box.top, width: 3, height: box.height } };
}

/** The nearest place between the fields of the nearest section. */
function sectionTarget(canvas: HTMLElement, x: number, y: number): Target | null {
  const grids = [...canvas.querySelectorAll<HTMLElement>("[data-zone]")];
  const distance = (box: DOMRect) => (y < box.top ? box.top - y : y > box.bottom ? y - box.bottom : 0);
  const grid = grids.map((element) => ({ element, away: distance((element.closest(".dz-part") ?? element).getBoundingClientRect()) })).sort((a, b) => a.away - b.away)[0]?.element;
  if (!grid) return { into: "section", place: { at: [0], index: 0 }, line: { left: canvas.getBoundingClientRect().left + 12, top: y, width: canvas.clientWidth - 24, height: 3 } };
  const at = (grid.dataset["zone"] ?? "0").split(".").map(Number);
  const cards = [...grid.children].filter((card): card is HTMLElement => card instanceof HTMLElement && card.dataset["index"] !== undefined);
  const whole = grid.getBoundingClientRect();
  for (const card of cards) {
    const box = card.getBoundingClientRect();
    const single = box.width > whole.width * 0.6;
    const index = Number(card.dataset["index"]);
    if (y > box.bottom + 6) continue;
    if (single ? y < box.top + box.height / 2 : y < box.top || x < box.left + box.width / 2) {
      const line = single ? { left: box.left, top: box.top - 3, width: box.width, height: 3 } : { left: box.left - 4, top: box.top, width: 3, height: box.height };
      return { into: "section", place: { at, index }, line };
    }
  }
  const last = cards.at(-1)?.getBoundingClientRect();
  const line = last ? { left: last.left, top: last.bottom + 1, width: last.width, height: 3 } : { left: whole.left, top: whole.top, width: whole.width, height: whole.height || 3 };
  return { into: "section", place: { at, index: cards.length }, line };
}
