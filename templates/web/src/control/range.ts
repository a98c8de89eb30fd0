// Cells of one column, one under the other: Shift and an arrow take more of them, Ctrl D fills them from the first, copying gives them
// as a spreadsheet reads them.

import { announce } from "../base/dom.ts";
import { Exact, type Json } from "../base/json.ts";
import { isCommand } from "../base/key.ts";
import { t } from "../base/text.ts";
import { done } from "../base/toast.ts";
import type { Control } from "./part.ts";
import { PickerControl } from "./picker.ts";

/** What the range asks of its table. */
interface Sheet {
  cells(): Control[][];
  isFixed(cell: Control): boolean;
  keep(): Json;
  restore(kept: Json): void;
  changed(): void;
}

export class Range {
  private first = -1;
  private last = -1;
  private column = -1;
  /** The cell that had the focus last. */
  private at: { row: number; column: number } | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly sheet: Sheet,
  ) {
    host.addEventListener("focusin", (event) => {
      const target = event.target instanceof Node ? event.target : null;
      sheet.cells().forEach((cells, row) => {
        const column = cells.findIndex((cell) => cell.host.contains(target));
        if (column < 0) return;
        this.at = { row, column };
        if (column !== this.column || row < Math.min(this.first, this.last) || row > Math.max(this.first, this.last)) this.clear();
      });
    });
    host.addEventListener("copy", (event) => this.copy(event));
    const button = host.querySelector<HTMLElement>("[data-fill]");
    // the cell keeps the focus
    button?.addEventListener("mousedown", (event) => event.preventDefault());
    button?.addEventListener("click", () => {
      if (this.at) this.fill(this.at.column, this.at.row, sheet.cells().length - 1);
      else announce(t("grid.fill_where"));
    });
  }

  /** Takes a key that belongs to ranges; whether it did. */
  key(event: KeyboardEvent, row: number, column: number): boolean {
    const count = this.sheet.cells().length;
    if (event.shiftKey && (event.key === "ArrowDown" || event.key === "ArrowUp") && !(event.target instanceof HTMLTextAreaElement && event.target.value.includes("\n"))) {
      if (this.column !== column || this.first < 0) this.first = this.last = row;
      this.column = column;
      this.last = Math.max(0, Math.min(count - 1, this.last + (event.key === "ArrowDown" ? 1 : -1)));
      this.draw();
      announce(t("grid.range", { count: Math.abs(this.last - this.first) + 1 }));
      return true;
    }
    if (isCommand(event) && !event.shiftKey && event.key.toLowerCase() === "d") {
      const [from, to] = this.isWide() ? [Math.min(this.first, this.last), Math.max(this.first, this.last)] : [row - 1, row];
      if (from >= 0) this.fill(column, from, to);
      return true;
    }
    if (event.key === "Escape" && this.isWide()) {
      this.clear();
      return true;
    }
    return false;
  }

  clear(): void {
    this.first = this.last = this.column = -1;
    this.draw();
  }

  private isWide(): boolean {
    return this.first >= 0 && this.first !== this.last;
  }

  private draw(): void {
    this.sheet.cells().forEach((cells, row) => {
      const isIn = this.isWide() && row >= Math.min(this.first, this.last) && row <= Math.max(this.first, this.last);
      cells.forEach((cell, column) => cell.host.classList.toggle("is-range", isIn && column === this.column));
    });
  }

  /** Puts what stands in the first cell into those below it; one undo takes it back. */
  private fill(column: number, from: number, to: number): void {
    const cells = this.sheet.cells();
    const source = cells[from]?.[column];
    if (!source || this.sheet.isFixed(source) || to <= from) return;
    const before = this.sheet.keep();
    const value = source.keep();
    for (let row = from + 1; row <= to; row += 1) {
      const cell = cells[row]?.[column];
      // an untouched figure is shown shorter than it is: the exact one is copied
      const reading = source.read();
      if ("value" in reading && reading.value instanceof Exact) cell?.put(reading.value);
      else cell?.restore(value);
    }
    this.sheet.changed();
    done(t("grid.filled", { count: to - from }), { text: t("undo"), run: () => this.sheet.restore(before) });
  }

  private copy(event: ClipboardEvent): void {
    if (!this.isWide() || !event.clipboardData) return;
    const cells = this.sheet.cells().slice(Math.min(this.first, this.last), Math.max(this.first, this.last) + 1);
    const lines = cells.map((row) => {
      const cell = row[this.column];
      const kept = cell ? wordsOf(cell) : "";
      return /[\t\n"]/.test(kept) ? `"${kept.replace(/"/g, '""')}"` : kept;
    });
    event.preventDefault();
    event.clipboardData.setData("text/plain", lines.join("\n"));
  }
}

/** A cell as a spreadsheet takes it: figures plain and exact, choices and records by their titles. */
function wordsOf(cell: Control): string {
  if (cell instanceof PickerControl) return cell.titles().join(", ");
  const select = cell.host.querySelector("select");
  if (select) return select.selectedOptions[0]?.text.trim() ?? "";
  const reading = cell.read();
  if (!("value" in reading)) return "";
  if (reading.value instanceof Exact) return reading.value.text;
  return typeof reading.value === "string" || typeof reading.value === "boolean" ? String(reading.value) : "";
}
