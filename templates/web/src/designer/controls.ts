// Controls of the properties: each shows a value of the document and says what it becomes. They are made once for a selection and not drawn
// again while somebody types in them.

import { h, icon } from "../base/dom.ts";
import { onKey, onText } from "../base/key.ts";
import { t } from "../base/text.ts";
import { type Doc, type Value, isDoc, object, set, text } from "./document.ts";

let number = 0;

/** A label with a control, help and the faults of its place. */
export function labelled(words: string, control: HTMLElement, help?: string | null, faults: string[] = []): HTMLElement {
  const id = `p-${++number}`;
  const target = control.matches("input, select, textarea") ? control : control.querySelector<HTMLElement>("input, select, textarea");
  const label = h("label", target ? { for: id } : {}, words);
  if (target) target.id = id;
  const described = [help && `${id}-h`, faults.length > 0 && `${id}-e`].filter(Boolean).join(" ");
  if (target && described) target.setAttribute("aria-describedby", described);
  if (target && faults.length > 0) target.setAttribute("aria-invalid", "true");
  return h(
    "div",
    { class: faults.length > 0 ? "f bad" : "f" },
    label,
    control,
    help ? h("span", { class: "help", id: `${id}-h` }, help) : null,
    ...(faults.length > 0 ? [h("span", { class: "err", id: `${id}-e` }, icon("circle-alert", "s"), h("span", {}, faults.join(" ")))] : []),
  );
}

/** A switch with its words beside it. */
export function toggle(words: string, on: boolean, change: (on: boolean) => void, help?: string | null): HTMLElement {
  const id = `p-${++number}`;
  const input = h("input", { class: "sw", type: "checkbox", role: "switch", id, checked: on, onchange: () => change(input.checked) });
  return h("div", { class: "dz-toggle" }, h("label", { for: id }, words, help ? h("small", {}, help) : null), input);
}

export function line(value: string, change: (value: string) => void, more: Record<string, string | boolean> = {}): HTMLInputElement {
  const input = h("input", { class: "in", type: "text", autocomplete: "off", spellcheck: "false", ...more });
  input.value = value;
  onText(input, () => change(input.value));
  return input;
}

/** Puts a proposal into a field; whoever is in it already types over it. */
export function suggestName(input: HTMLInputElement, value: string): void {
  input.value = value;
  if (document.activeElement === input) input.select();
}

export function area(value: string, change: (value: string) => void, rows = 2, mono = false): HTMLTextAreaElement {
  const input = h("textarea", { class: mono ? "ta mono" : "ta", rows, spellcheck: "false" });
  input.value = value;
  onText(input, () => change(input.value));
  return input;
}

/** A figure; what is none is marked and changes nothing. */
export function figure(value: Value | undefined, whole: boolean, change: (value: number | undefined) => void): HTMLInputElement {
  const input = h("input", { class: "in r", type: "text", inputmode: whole ? "numeric" : "decimal", autocomplete: "off" });
  input.value = typeof value === "number" ? String(value) : "";
  onText(input, () => {
    const typed = input.value.trim().replace(/[，,]/g, "");
    const read = Number(typed);
    const good = typed === "" || (Number.isFinite(read) && (!whole || Number.isInteger(read)));
    input.classList.toggle("bad", !good);
    if (good) change(typed === "" ? undefined : read);
  });
  return input;
}

export interface Choice {
  value: string;
  title: string;
}

export function select(value: string, choices: Choice[], change: (value: string) => void): HTMLSelectElement {
  const known = choices.some((choice) => choice.value === value) ? choices : [...choices, { value, title: value }];
  const input = h("select", { class: "in", onchange: () => change(input.value) }, ...known.map((choice) => h("option", { value: choice.value }, choice.title)));
  input.value = value;
  return input;
}

/** A select whose choices come later. */
export function selectLater(value: string, choices: Promise<Choice[]>, change: (value: string) => void): HTMLSelectElement {
  const input = select(value, [{ value, title: value || t("picker.loading") }], change);
  void choices.then((all) => {
    const known = all.some((choice) => choice.value === value) ? all : [{ value, title: value }, ...all];
    input.replaceChildren(...known.map((choice) => h("option", { value: choice.value }, choice.title)));
    input.value = value;
  });
  return input;
}

/** Words separated by commas. */
export function words(value: string[], change: (value: string[]) => void): HTMLInputElement {
  return line(value.join(", "), (typed) => change(typed.split(/[,，、]/).map((word) => word.trim()).filter(Boolean)));
}

/** Several of a list, each with a box. */
export function several(value: string[], choices: Choice[], change: (value: string[]) => void): HTMLElement {
  const chosen = new Set(value);
  const all = [...choices, ...value.filter((name) => !choices.some((choice) => choice.value === name)).map((name) => ({ value: name, title: name }))];
  return h(
    "div",
    { class: "dz-checks", role: "group" },
    ...all.map((choice) => {
      const input = h("input", {
        class: "chk",
        type: "checkbox",
        checked: chosen.has(choice.value),
        onchange: () => {
          if (input.checked) chosen.add(choice.value);
          else chosen.delete(choice.value);
          change([...value.filter((name) => chosen.has(name)), ...[...chosen].filter((name) => !value.includes(name))]);
        },
      });
      return h("label", {}, input, h("span", { class: "trunc" }, choice.title));
    }),
    all.length === 0 && h("span", { class: "mut t12" }, t("design.none")),
  );
}

/** JSON in a small field: a condition, a copy list. What cannot be read is marked and changes nothing. */
export function json(value: Value | undefined, change: (value: Value | undefined) => void, rows = 3): HTMLTextAreaElement {
  const input = area(
    value === undefined ? "" : JSON.stringify(value, null, 1),
    (typed) => {
      try {
        const read = typed.trim() === "" ? undefined : (JSON.parse(typed) as Value);
        input.classList.remove("bad");
        input.removeAttribute("aria-invalid");
        change(read);
      } catch {
        input.classList.add("bad");
        input.setAttribute("aria-invalid", "true");
      }
    },
    rows,
    true,
  );
  return input;
}

const LANGUAGES = ["zh-CN", "en"];

/**
 * A text as it is read on this page, and beneath it the same in other languages: the title itself is in the app's own language, labels are
 * its translations.
 */
export function titled(doc: Doc, key: "title" | "description", label: string, change: (doc: Doc) => void, faults: string[] = [], more: Record<string, string | boolean> = {}): HTMLElement {
  let now = doc;
  const labels = key === "title" ? "labels" : "descriptions";
  const put = (language: string | null, value: string) => {
    const at = language === null ? `/${key}` : `/${labels}/${language}`;
    now = set(now, at, value === "" ? undefined : value);
    if (Object.keys(object(now, `/${labels}`)).length === 0) now = set(now, `/${labels}`, undefined);
    change(now);
  };
  const held = (language: string | null) => (language === null ? text(doc, `/${key}`) : text(object(doc, `/${labels}`), `/${language}`));
  const read = held(document.documentElement.lang) ? document.documentElement.lang : null;
  const main = key === "title" ? line(held(read), (typed) => put(read, typed), more) : area(held(read), (typed) => put(read, typed));
  const others = [null, ...LANGUAGES].filter((language) => language !== read);
  const translations = others.map((language) => {
    const input = line(held(language), (typed) => put(language, typed), language ? { lang: language } : {});
    input.setAttribute("aria-label", `${label} (${language ?? t("design.own_language")})`);
    return h("div", { class: "affix dz-lang" }, h("span", {}, language ?? t("design.own_language")), input);
  });
  const filled = others.filter((language) => held(language)).length;
  const details = h("details", { class: "dz-more" }, h("summary", {}, icon("languages", "s"), t("design.translations"), filled > 0 ? h("span", { class: "n num" }, filled) : null), ...translations);
  const box = labelled(label, main, null, faults);
  box.append(details);
  return box;
}

/** A document with some members of another: where they stood, or at the end. */
export function withWords(doc: Doc, from: Doc, keys: string[]): Doc {
  return keys.reduce((next, key) => set(next, `/${key}`, from[key]), doc);
}

/** A list whose rows can be added, moved and removed by buttons and by keys. */
export function rows<T>(held: T[], draw: (item: T, put: (item: T) => void, index: number) => HTMLElement, blank: () => T, change: (items: T[]) => void, add: string): HTMLElement {
  let items = held;
  const body = h("div", { class: "dz-rows" });
  const root = h("div", { class: "col g4" }, body);
  const redraw = (focus = -1) => {
    body.replaceChildren(
      ...items.map((item, index) => {
        const button = (sign: SVGElement, label: string, run: () => void, off = false) => h("button", { type: "button", class: "btn ghost icon sm", "aria-label": label, title: label, disabled: off, onclick: run }, sign);
        const row = h(
          "div",
          { class: "dz-row" },
          draw(item, (next) => {
            items = items.map((other, place) => (place === index ? next : other));
            change(items);
          }, index),
          button(icon("arrow-up", "s"), t("design.move_up"), () => shift(index, -1), index === 0),
          button(icon("x", "s"), t("design.remove"), () => {
            items = items.filter((_, place) => place !== index);
            change(items);
            redraw(Math.min(index, items.length - 1));
          }),
        );
        onKey(row, (event) => {
          if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
            event.preventDefault();
            shift(index, event.key === "ArrowUp" ? -1 : 1);
          } else if (event.key === "Enter" && event.target instanceof HTMLInputElement && index === items.length - 1) {
            event.preventDefault();
            push();
          }
        });
        return row;
      }),
    );
    if (focus >= 0) body.children[focus]?.querySelector<HTMLElement>("input, select")?.focus();
  };
  const shift = (index: number, step: number) => {
    const moved = items[index];
    const to = index + step;
    if (moved === undefined || to < 0 || to >= items.length) return;
    const rest = items.filter((_, place) => place !== index);
    items = [...rest.slice(0, to), moved, ...rest.slice(to)];
    change(items);
    redraw(to);
  };
  const push = () => {
    items = [...items, blank()];
    change(items);
    redraw(items.length - 1);
  };
  redraw();
  root.append(h("button", { type: "button", class: "btn ghost sm dz-add", onclick: push }, icon("plus", "s"), add));
  return root;
}
