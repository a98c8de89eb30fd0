// What is wrong with a form: told in one summary, at each field, in the rows of child tables and beside the sections.

import type { Problem } from "../base/api.ts";
import { all, find, h, icon } from "../base/dom.ts";
import { type Json, sameJson } from "../base/json.ts";
import { t } from "../base/text.ts";
import { Grid } from "../control/grid.ts";
import { type Field, valueOf } from "./words.ts";

/** What is wrong at a place of the form: `path` is a field, or `table/row/column`. */
export interface Fault {
  path: string;
  label: string;
  message: string;
}

export class Faults {
  /** Values the server found faulty: their fields stay marked until something else is typed. */
  private readonly refused = new Map<string, Json>();

  constructor(
    private readonly form: HTMLFormElement,
    private readonly fields: () => Field[],
  ) {}

  /** The server's faults with the words of the fields on this page. */
  named(problem: Problem): Fault[] {
    return (problem.errors ?? []).map((fault) => {
      const path = fault.field.replace(/^\//, "");
      return { path, label: this.labelOf(path), message: fault.message };
    });
  }

  private labelOf(path: string): string {
    const [table = "", row, column] = path.split("/");
    const field = this.fields().find((one) => one.path === table);
    if (!field) return path;
    if (field instanceof Grid && row !== undefined) {
      const control = field.control(Number(row), column ?? "");
      return t("grid.where", { table: field.label, row: Number(row) + 1, column: control?.label ?? column ?? "" });
    }
    return field.label;
  }

  /** Tells all faults at once and brings their summary before the reader. */
  show(faults: Fault[]): void {
    const summary = find("#faults", this.form);
    if (!summary) return;
    const heading = find("b", summary);
    if (heading) heading.textContent = t("faults", { count: faults.length });
    find("ul", summary)?.replaceChildren(
      ...faults.map((fault) => {
        const known = fault.path !== "" && this.isShown(fault.path);
        return h("li", {}, known ? h("a", { class: "link", href: `#f-${fault.path}` }, fault.label) : fault.label, fault.label ? t("colon") : "", fault.message);
      }),
    );
    for (const fault of [...faults].reverse()) this.showOne(fault);
    for (const section of all(".fs", this.form)) {
      const count = faults.filter((fault) => find(`[data-field="${CSS.escape(fault.path.split("/")[0] ?? "")}"]`, section)).length;
      const place = find("[data-fault-count]", section);
      if (place) {
        place.hidden = count === 0;
        place.textContent = String(count);
      }
    }
    summary.hidden = false;
    summary.focus();
    summary.scrollIntoView({ block: "start", behavior: "instant" });
  }

  /** Whether the field of a path stands on the page and is not hidden by a rule. */
  isShown(path: string): boolean {
    const field = this.fields().find((one) => one.path === path.split("/")[0]);
    return field !== undefined && !this.isHidden(field);
  }

  isHidden(field: Field): boolean {
    return field.host.closest("[data-field][hidden]") !== null;
  }

  private showOne(fault: Fault): void {
    const [table = "", row, column] = fault.path.split("/");
    const field = this.fields().find((one) => one.path === table);
    if (field instanceof Grid) {
      if (row !== undefined) field.showFault(Number(row), column ?? "", fault.message);
      else {
        const place = find(".grid-err", field.host);
        if (place) {
          place.hidden = false;
          place.replaceChildren(icon("circle-alert", "s"), fault.message);
        }
      }
      return;
    }
    const host = find(`.f[data-field="${CSS.escape(table)}"]`, this.form);
    if (!host) return;
    if (field) this.refused.set(field.path, valueOf(field));
    this.mark(host, fault.message);
  }

  /** Marks a field as faulty and says why beneath it. */
  mark(host: HTMLElement, message: string): void {
    host.classList.add("bad");
    const id = `e-${host.dataset["field"]}`;
    let place = find(`.err`, host);
    if (!place) {
      place = h("span", { class: "err", id });
      host.append(place);
    }
    place.id = id;
    place.replaceChildren(icon("circle-alert", "s"), h("span", {}, message));
    const input = find("input:not(.native), textarea, select", host);
    input?.setAttribute("aria-invalid", "true");
    const help = find(".help", host)?.id;
    input?.setAttribute("aria-describedby", help ? `${id} ${help}` : id);
  }

  unmark(host: HTMLElement): void {
    host.classList.remove("bad");
    find(".err", host)?.remove();
    const input = find("input:not(.native), textarea, select", host);
    input?.removeAttribute("aria-invalid");
    const help = find(".help", host)?.id;
    if (help) input?.setAttribute("aria-describedby", help);
    else input?.removeAttribute("aria-describedby");
  }

  /** Takes the mark of a field away, unless what the server refused still stands there. */
  unmarkUnlessRefused(host: HTMLElement, path: string, value: Json): void {
    if (host.classList.contains("bad") && !sameJson(value, this.refused.get(path))) this.unmark(host);
  }

  /** Takes all marks away. */
  clear(): void {
    const summary = find("#faults", this.form);
    if (summary) summary.hidden = true;
    for (const host of all(".f.bad", this.form)) this.unmark(host);
    for (const place of all<HTMLElement>("[data-fault-count], .grid-err", this.form)) place.hidden = true;
    for (const field of this.fields()) if (field instanceof Grid) field.clearFaults();
  }

  /** Brings the control of a path before the reader. */
  focusOn(path: string): void {
    const [table = "", row, column] = path.split("/");
    const field = this.fields().find((one) => one.path === table);
    const control = field instanceof Grid && row !== undefined ? field.control(Number(row), column ?? "") : undefined;
    (control ?? field)?.host.scrollIntoView({ block: "center" });
    (control ?? field)?.focus();
  }
}
