// The editor of forms: library, canvas, properties.

import { find, h, icon } from "../base/dom.ts";
import { isCommand, isTyping, onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { Canvas } from "./canvas.ts";
import { Commands } from "./commands.ts";
import type { Editor } from "./editor.ts";
import { allFields } from "./fields.ts";
import { Library } from "./library.ts";
import { Preview } from "./preview.ts";
import { Properties } from "./properties.ts";
import { makeSteps } from "./steps.ts";
import type { Store } from "./store.ts";
import { drawViews } from "./views.ts";
import type { World } from "./world.ts";

export function drawForm(store: Store, world: World, offered: string[]): Editor {
  const commands = new Commands(store);
  const library = new Library(store, commands, offered);
  const canvas = new Canvas(store, commands);
  const properties = new Properties(store, commands, world, offered);
  commands.edit = () => properties.focus();
  commands.toCanvas = () => canvas.focus();

  const preview = new Preview(store, world.app);
  const see = h("button", { type: "button", class: "btn", "aria-pressed": "false", title: t("design.preview.title"), "aria-keyshortcuts": "Control+P" }, icon("eye"), h("span", { class: "d-only" }, t("design.preview.title")));
  see.addEventListener("click", () => {
    const open = see.getAttribute("aria-pressed") !== "true";
    see.setAttribute("aria-pressed", String(open));
    canvas.element.hidden = open;
    keys.hidden = open;
    void preview.show(open);
  });
  const count = h("span", { class: "mut t12 num" });
  const widths = h("div", { class: "seg", role: "group", "aria-label": t("design.width") });
  for (const [phone, sign, words] of [[false, icon("monitor"), t("design.desktop")], [true, icon("smartphone"), t("design.phone")]] as const) {
    const button = h("button", { type: "button", "aria-pressed": String(!phone), "aria-label": words, title: words }, sign);
    button.addEventListener("click", () => {
      for (const other of widths.children) other.setAttribute("aria-pressed", String(other === button));
      canvas.setPhone(phone);
      preview.setPhone(phone);
    });
    widths.append(button);
  }
  const keys = h("span", { class: "mut t12 dz-keys" }, h("kbd", {}, "↑ ↓"), t("design.keys.walk"), h("kbd", {}, "Alt ↑ ↓"), t("design.keys.move"), h("kbd", {}, "Enter"), t("design.keys.edit"), h("kbd", {}, "Del"), t("design.keys.remove"));
  const middle = h("div", { class: "dz-canvas" }, h("div", { class: "dz-canvas-h" }, widths, keys, h("span", { class: "grow" }), count), canvas.element, preview.element);
  const tell = () => {
    count.textContent = t("design.field_count", { count: allFields(store.doc).length });
  };
  store.listen((news) => news.what === "doc" && tell());
  tell();
  onKey(middle, (event) => {
    // pasting works wherever nobody types, also on an empty form
    if (isTyping(event.target) || !isCommand(event) || event.key !== "v") return;
    event.preventDefault();
    commands.paste();
  });
  const element = h("div", { class: "dz-form" }, library.element, middle, properties.element);
  const at = decodeURIComponent(location.hash.slice(1));
  const known = allFields(store.doc).find((field) => at === `field:${field.path}`);
  if (known) store.select({ on: "field", path: known.path });
  onKey(element, (event) => {
    if (event.key === "Escape" && properties.element.contains(event.target as Node)) {
      canvas.focus();
      if (!find(".is-on", canvas.element)) find("[tabindex='0']", canvas.element)?.focus();
    }
  });
  const views = drawViews(store, world);
  const { bar } = makeSteps([{ key: "fields", element }, { key: "views", element: views.element, open: views.draw }], t("design.steps"));
  return { element: h("div", { class: "dz-both" }, element, views.element), steps: bar, tools: [see] };
}
