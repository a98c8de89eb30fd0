// Picking records, people, departments and choices: a text field with a list (ARIA combobox), one value or many.

import { call } from "../base/api.ts";
import { all, announce, debounce, find, h, icon } from "../base/dom.ts";
import type { Json } from "../base/json.ts";
import { isComposing, onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { BaseControl, type Reading } from "./part.ts";
import { address, choices, type Item, items, type Source } from "./source.ts";

let counter = 0;

export class PickerControl extends BaseControl {
  private readonly box: HTMLElement;
  private readonly input: HTMLInputElement | null;
  private readonly list: HTMLUListElement;
  private readonly many: boolean;
  private readonly open: boolean;
  private readonly source: Source | null;
  private readonly options: Item[];
  private chosen: Item[];
  /** The choices that the form's rules leave; null leaves all. */
  private left: string[] | null = null;
  private items: Item[] = [];
  private active = -1;
  private sequence = 0;
  private controller: AbortController | null = null;

  constructor(host: HTMLElement) {
    super(host);
    const box = find("[data-picker]", host);
    if (!box) throw new Error(`no picker in ${this.path}`);
    this.box = box;
    this.many = "many" in box.dataset;
    this.open = "open" in box.dataset;
    this.source = box.dataset["source"] ? (JSON.parse(box.dataset["source"]) as Source) : null;
    this.options = box.dataset["options"] ? choices(box.dataset["options"]) : [];
    this.input = find<HTMLInputElement>("input", box);
    this.list = h("ul", { class: "opts-l", role: "listbox", id: `list-${++counter}`, "aria-label": this.label, hidden: true });
    this.chosen = this.many
      ? all("li[data-id]", box).map((element) => ({ id: element.dataset["id"] ?? "", title: find("span", element)?.textContent ?? "" }))
      : (JSON.parse(box.dataset["picked"] ?? "[]") as Item[]);
    box.append(this.list);
    if (this.input) this.wire(this.input);
    box.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-remove]") : null;
      if (button) this.drop(button.closest<HTMLElement>("li")?.dataset["id"] ?? "");
      else if (event.target === box) this.input?.focus();
    });
  }

  private wire(input: HTMLInputElement): void {
    input.setAttribute("aria-controls", this.list.id);
    const search = debounce(160, () => void this.search(input.value));
    const typed = () => {
      // The list shown belongs to an older text: nothing of it is picked any more.
      this.sequence += 1;
      this.items = [];
      this.activate(-1);
      if (!this.many && input.value === "") {
        this.chosen = [];
        this.changed();
      }
      search();
    };
    input.addEventListener("input", (event) => {
      if (!(event instanceof InputEvent && isComposing(event))) typed();
    });
    input.addEventListener("compositionend", typed);
    input.addEventListener("focus", () => {
      if (!this.many) input.select();
    });
    input.addEventListener("click", () => {
      if (this.list.hidden) void this.search("");
    });
    input.addEventListener("blur", () => {
      this.close();
      // What is not picked does not stay as if it were.
      if (!this.many) input.value = this.chosen[0]?.title ?? "";
      else if (this.open && input.value.trim()) this.pick({ id: input.value.trim(), title: input.value.trim() });
      else input.value = "";
    });
    onKey(input, (event) => this.key(event, input));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
      const item = option ? this.items[Number(option.dataset["index"])] : undefined;
      if (item) this.pick(item);
    });
  }

  private key(event: KeyboardEvent, input: HTMLInputElement): void {
    const shown = !this.list.hidden;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (!shown && input.closest("td") && !event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        if (shown) this.move(event.key === "ArrowDown" ? 1 : -1);
        else void this.search("");
        break;
      case "Home":
      case "End":
        if (shown && this.items.length > 0) {
          event.preventDefault();
          this.activate(event.key === "Home" ? 0 : this.items.length - 1);
        }
        break;
      case "Enter": {
        if (!shown) {
          event.preventDefault();
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        const item = this.items[this.active];
        if (item) this.pick(item);
        else if (this.open && input.value.trim()) this.pick({ id: input.value.trim(), title: input.value.trim() });
        break;
      }
      case "Escape":
        if (shown) {
          event.preventDefault();
          event.stopPropagation();
          this.close();
        }
        break;
      case "Tab": {
        const item = this.items[this.active];
        if (shown && item && input.value) this.pick(item);
        break;
      }
      case "Backspace":
        if (this.many && input.value === "") this.drop(this.chosen.at(-1)?.id ?? "");
        break;
      case ",":
        if (this.open && input.value.trim()) {
          event.preventDefault();
          this.pick({ id: input.value.trim(), title: input.value.trim() });
        }
        break;
    }
  }

  /** The choices of a grid's cell are those of the empty row. */
  private localOptions(): Item[] {
    if (this.options.length > 0 || this.source) return this.options;
    const template = this.host.closest(".grid-w")?.querySelector<HTMLTemplateElement>("template[data-row]");
    const name = this.path.split("/").at(-1) ?? "";
    const twin = template?.content.querySelector<HTMLElement>(`[data-path="${CSS.escape(name)}"] [data-options]`);
    if (twin?.dataset["options"]) this.options.push(...choices(twin.dataset["options"]));
    return this.options;
  }

  private async search(text: string): Promise<void> {
    const sequence = ++this.sequence;
    const wanted = text.trim();
    if (!this.source) {
      const folded = wanted.toLowerCase();
      const found = this.localOptions().filter((item) => !item.disabled && (this.left === null || this.left.includes(item.id)) && (folded === "" || item.title.toLowerCase().includes(folded) || item.id.toLowerCase().includes(folded)));
      this.show(found, wanted);
      return;
    }
    this.controller?.abort();
    this.controller = new AbortController();
    const waiting = setTimeout(() => this.note(t("picker.loading")), 150);
    try {
      const answer = await call("GET", address(this.source, wanted), { signal: this.controller.signal });
      if (sequence !== this.sequence) return;
      if (answer.ok) this.show(items(this.source, answer.body?.items ?? []), wanted);
      else this.note(t("picker.failed"));
    } catch {
      // A later question has taken its place.
    } finally {
      clearTimeout(waiting);
    }
  }

  private show(found: Item[], text: string): void {
    if (this.input !== document.activeElement) return;
    const taken = new Set(this.many ? this.chosen.map((item) => item.id) : []);
    this.items = found.filter((item) => !taken.has(item.id)).slice(0, 200);
    if (this.open && text && !this.items.some((item) => item.title === text) && !taken.has(text)) this.items.push({ id: text, title: text, fresh: true });
    if (this.items.length === 0) {
      this.note(text ? t("picker.none") : t("picker.nothing"));
      return;
    }
    const chosen = this.chosen[0]?.id;
    this.list.replaceChildren(
      ...this.items.map((item, index) =>
        h(
          "li",
          { role: "option", id: `${this.list.id}-${index}`, "data-index": index, "aria-selected": "false", class: `${item.fresh ? "is-new" : ""}${item.depth ? ` d${item.depth}` : ""}` },
          h("span", { class: "trunc" }, item.fresh ? t("picker.add", { name: item.title }) : item.title),
          item.detail ? h("span", { class: "mut trunc" }, item.detail) : null,
          !this.many && item.id === chosen ? icon("check", "s") : null,
        ),
      ),
    );
    this.unfold();
    this.activate(text ? 0 : Math.max(this.items.findIndex((item) => item.id === chosen), text ? 0 : -1));
  }

  private note(text: string): void {
    this.items = [];
    this.active = -1;
    this.list.replaceChildren(h("li", { class: "is-none", role: "presentation" }, text));
    announce(text);
    this.unfold();
  }

  private unfold(): void {
    this.list.hidden = false;
    this.input?.setAttribute("aria-expanded", "true");
    // In a table that scrolls, the list stands over the page; near the bottom it opens upwards.
    const box = this.box.getBoundingClientRect();
    const below = innerHeight - box.bottom;
    const up = below < 240 && box.top > below;
    this.list.classList.toggle("is-up", up);
    const fixed = this.box.closest(".tw, .dlg-b, .pop") !== null;
    this.list.classList.toggle("is-fixed", fixed);
    if (fixed) {
      this.list.style.left = `${Math.min(box.left, innerWidth - Math.max(box.width, 220) - 12)}px`;
      this.list.style.top = up ? "auto" : `${box.bottom + 4}px`;
      this.list.style.bottom = up ? `${innerHeight - box.top + 4}px` : "auto";
      this.list.style.minWidth = `${Math.max(box.width, 220)}px`;
    }
  }

  private close(): void {
    this.sequence += 1;
    this.list.hidden = true;
    this.active = -1;
    this.input?.setAttribute("aria-expanded", "false");
    this.input?.removeAttribute("aria-activedescendant");
  }

  private move(step: number): void {
    if (this.items.length > 0) this.activate((this.active + step + this.items.length) % this.items.length);
  }

  private activate(index: number): void {
    this.active = index;
    all("[role=option]", this.list).forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === index));
      if (place === index) {
        option.scrollIntoView({ block: "nearest" });
        this.input?.setAttribute("aria-activedescendant", option.id);
      }
    });
    if (index < 0) this.input?.removeAttribute("aria-activedescendant");
  }

  private pick(item: Item): void {
    const plain = { id: item.id, title: item.title };
    if (this.many) {
      if (!this.chosen.some((one) => one.id === item.id)) this.chosen.push(plain);
      if (this.input) this.input.value = "";
      this.draw();
    } else {
      this.chosen = [plain];
      if (this.input) this.input.value = item.title;
    }
    this.close();
    this.changed();
  }

  private drop(id: string): void {
    this.chosen = this.chosen.filter((item) => item.id !== id);
    this.draw();
    this.changed();
    this.input?.focus();
  }

  private draw(): void {
    if (!this.many) {
      if (this.input) this.input.value = this.chosen[0]?.title ?? "";
      return;
    }
    find("ul.picked", this.box)?.replaceChildren(
      ...this.chosen.map((item) =>
        h("li", { class: "tag out", "data-id": item.id }, h("span", {}, item.title), h("button", { type: "button", "data-remove": true, "aria-label": t("remove", { name: item.title }) }, icon("x", "s"))),
      ),
    );
  }

  read(): Reading {
    const ids = this.chosen.map((item) => item.id);
    if (this.many) return { value: ids.length > 0 ? ids : null };
    return { value: ids[0] ?? null };
  }

  /** Titles of what is chosen, for words about it. */
  titles(): string[] {
    return this.chosen.map((item) => item.title);
  }

  keep(): Json {
    return this.chosen.map((item) => ({ id: item.id, title: item.title }));
  }

  restore(kept: Json): void {
    if (!Array.isArray(kept)) return;
    this.chosen = kept.flatMap((item) => (item && typeof item === "object" && "id" in item ? [{ id: String(item["id"]), title: String(item["title"] ?? item["id"]) }] : []));
    this.draw();
  }

  /** A choice has its title here; of a record, a person or a department only the server knows it. */
  override put(value: Json): void {
    const ids = (Array.isArray(value) ? value : [value]).filter((id) => typeof id === "string");
    const known = ids.flatMap((id) => this.chosen.find((item) => item.id === id) ?? this.localOptions().find((item) => item.id === id) ?? []);
    if (known.length < ids.length) return;
    this.chosen = known.map((item) => ({ id: item.id, title: item.title }));
    this.draw();
  }

  override narrow(values: string[] | null): void {
    this.left = values;
  }

  type(text: string): void {
    const wanted = text.trim();
    if (!wanted) {
      this.chosen = [];
      this.draw();
      this.changed();
    } else if (this.source) void this.resolve(wanted);
    else {
      for (const part of this.many ? wanted.split(/[,;|、，；]/).map((piece) => piece.trim()) : [wanted]) {
        const item = this.localOptions().find((one) => one.title.toLowerCase() === part.toLowerCase() || one.id.toLowerCase() === part.toLowerCase());
        if (item) this.pick(item);
        else if (this.open && part) this.pick({ id: part, title: part });
      }
    }
  }

  /** A pasted title becomes the record of that title, if there is exactly one. */
  private async resolve(text: string): Promise<void> {
    if (!this.source) return;
    const answer = await call("GET", address(this.source, text));
    const found = answer.ok ? items(this.source, answer.body?.items ?? []) : [];
    const exact = found.filter((item) => item.title.toLowerCase() === text.toLowerCase());
    const one = exact.length === 1 ? exact[0] : found.length === 1 ? found[0] : undefined;
    if (one) this.pick(one);
    else if (this.input) {
      this.input.value = text;
      this.host.dispatchEvent(new CustomEvent("fw-fault", { bubbles: true, detail: t("picker.unclear", { name: text }) }));
    }
  }
}
