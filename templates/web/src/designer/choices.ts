// The choices of a field and the moves between them.

import { h } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { line, rows } from "./controls.ts";
import { type Doc, type Value, get, isDoc, list, object, text } from "./document.ts";
import { titleOf } from "./store.ts";
import { proposeName } from "./world.ts";

export const COLORS = ["gray", "blue", "green", "orange", "red", "purple", "teal", "pink", "yellow", "brown"];

/** A choice's colour, chosen by name. */
export function colorPicker(value: string, change: (value: string) => void): HTMLElement {
  const input = h("select", { class: "in sm dz-color", "aria-label": t("design.color"), onchange: () => paint(true) }, h("option", { value: "" }, "—"), ...COLORS.map((color) => h("option", { value: color }, t(`design.color.${color}`))));
  const dot = h("span", { class: "dz-swatch", "aria-hidden": "true" });
  const paint = (tell: boolean) => {
    dot.dataset["color"] = input.value;
    if (tell) change(input.value);
  };
  input.value = value;
  paint(false);
  return h("span", { class: "dz-color-w" }, dot, input);
}

export function choicesOf(held: Value[], change: (choices: Value[]) => void, faults: string[]): HTMLElement {
  const root = rows<Doc>(
    held.filter(isDoc),
    (choice, put) => {
      let now = choice;
      const send = (next: Doc) => {
        now = next;
        put(next);
      };
      const title = line(titleOf(choice, text(choice, "/const")), (typed) => send(titled(now, typed)), { "aria-label": t("design.choice_title") });
      const value = line(text(choice, "/const"), (typed) => send({ ...now, const: typed }), { class: "in sm mono", "aria-label": t("design.choice_value") });
      title.classList.add("sm");
      // a value nobody has chosen yet follows the title
      title.addEventListener("change", () => {
        if (!/^(choice_\d+|[abc])$/.test(value.value)) return;
        void proposeName(title.value, held.filter(isDoc).map((other) => text(other, "/const")), "choice").then((name) => {
          value.value = name;
          send({ ...now, const: name });
        });
      });
      return h("div", { class: "dz-choice" }, title, value, colorPicker(text(choice, "/color"), (color) => send(color ? { ...now, color } : without(now, "color"))));
    },
    () => ({ const: free(held), title: "" }),
    (items) => {
      held = items;
      change(items);
    },
    t("design.add_choice"),
  );
  if (faults.length > 0) root.append(h("span", { class: "err" }, faults.join(" ")));
  return root;
}

/** The title as it is shown: in the language of the page where there is a translation, else the app's own. */
function titled(choice: Doc, typed: string): Doc {
  const language = document.documentElement.lang;
  return text(choice, `/labels/${language}`) ? { ...choice, labels: { ...object(choice, "/labels"), [language]: typed } } : { ...choice, title: typed };
}

function without(doc: Doc, key: string): Doc {
  const { [key]: _, ...others } = doc;
  return others;
}

function free(held: Value[]): string {
  const taken = new Set(held.map((choice) => text(choice, "/const")));
  let number = held.length + 1;
  while (taken.has(`choice_${number}`)) number += 1;
  return `choice_${number}`;
}

/** From each value to which others: a table of boxes. Nothing chosen at all means that every move is allowed. */
export function transitionsOf(choices: Value[], value: Value | undefined, change: (value: Value | undefined) => void): HTMLElement {
  let moves = object(value);
  const names = choices.map((choice) => text(choice, "/const"));
  const target = (move: Value) => (typeof move === "string" ? move : text(move, "/to"));
  const titles = choices.map((choice) => titleOf(object(choice), text(choice, "/const")));
  const table = h(
    "table",
    { class: "dz-moves" },
    h("thead", {}, h("tr", {}, h("td", {}), ...titles.map((title) => h("th", { scope: "col", title }, h("span", {}, title))))),
    h(
      "tbody",
      {},
      ...names.map((from, row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", class: "trunc", title: titles[row] ?? from }, titles[row] ?? from),
          ...names.map((to, column) => {
            if (from === to) return h("td", {}, h("span", { class: "mut" }, "·"));
            const input = h("input", {
              class: "chk",
              type: "checkbox",
              "aria-label": t("design.move_from_to", { from: titles[row] ?? from, to: titles[column] ?? to }),
              checked: list(moves, `/${from}`).some((move) => target(move) === to),
              onchange: () => {
                const rest = list(moves, `/${from}`).filter((move) => target(move) !== to);
                // a move that says more than where to keeps what it says
                const said = list(get(value, `/${from}`)).find((move) => target(move) === to);
                const next: Doc = { ...moves, [from]: input.checked ? [...rest, said ?? to] : rest };
                moves = Object.values(next).some((one) => Array.isArray(one) && one.length > 0) ? next : {};
                change(Object.keys(moves).length > 0 ? moves : undefined);
              },
            });
            return h("td", {}, input);
          }),
        ),
      ),
    ),
  );
  return h("div", { class: "dz-scroll" }, table);
}
