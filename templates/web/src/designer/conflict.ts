// Both changed the same: mine or theirs, place by place. Theirs stands unless chosen otherwise.

import { openDialog } from "../base/dialog.ts";
import { find, h } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { type Value, segments } from "./document.ts";
import type { Conflict } from "./merge.ts";

/** Asks for each conflict; gives the places where mine is to stand, or null when the question was closed. */
export function askConflict(conflicts: Conflict[], who: string): Promise<Set<string> | null> {
  return new Promise((resolve) => {
    const mine = new Set<string>();
    let answer: Set<string> | null = null;
    const rows = conflicts.map((conflict, index) => {
      const side = (name: "mine" | "theirs", value: Value | undefined) => {
        const input = h("input", { type: "radio", name: `conflict-${index}`, value: name, checked: name === "theirs", onchange: () => (name === "mine" ? mine.add(conflict.at) : mine.delete(conflict.at)) });
        return h("label", { class: "dz-of" }, h("span", { class: "row g4" }, input, h("b", {}, name === "mine" ? t("conflict.mine") : who)), h("pre", { class: "dz-value" }, shown(value)));
      };
      return h("fieldset", { class: "dz-conflict" }, h("legend", { class: "mono t12" }, segments(conflict.at).join(" › ")), side("mine", conflict.mine), side("theirs", conflict.theirs));
    });
    const apply = h("button", { type: "submit", class: "btn pri" }, t("design.conflict_apply"));
    const dialog = openDialog(
      t("design.conflict_title", { who }),
      h("div", { class: "col g12" }, h("p", { class: "sec" }, t("design.conflict_text")), ...rows, h("div", { class: "btns dlg-a" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel")), apply)),
      true,
    );
    find("form", dialog)?.addEventListener("submit", () => {
      answer = mine;
    });
    dialog.addEventListener("close", () => resolve(answer));
  });
}

function shown(value: Value | undefined): string {
  if (value === undefined) return t("design.absent");
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
