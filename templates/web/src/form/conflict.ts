// The dialog of a conflict: who changed what meanwhile, and for fields both changed the choice of mine or theirs.

import type { Conflict, Problem } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { all, find, h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { type Field, wordsFor, wordsOf } from "./words.ts";

export interface ConflictAnswer {
  /** Mine is given up; the page is loaded anew. */
  drop: () => void;
  /** Saves mine but for the fields named, which stay theirs. */
  save: (theirs: Set<string>) => void;
}

/** Asks what to keep. `mine` are the fields changed here, `labelOf` names the others. */
export function askConflict(problem: Problem, mine: Field[], labelOf: (path: string) => string, answer: ConflictAnswer): void {
  const changes = problem.changes ?? [];
  const own = new Map(mine.map((field) => [field.path, field]));
  const both = changes.filter((change) => own.has(change.field));
  const who = nameOf(changes[0]);
  const rows = both.map((change, index) => {
    const field = own.get(change.field);
    const pick = (value: string, text: string) =>
      h("label", {}, h("input", { class: "rad", type: "radio", name: `take-${index}`, value, checked: value === "mine", "data-field": change.field }), h("span", {}, text));
    const percent = field !== undefined && "percent" in field.host.dataset;
    return h("tr", {}, h("td", {}, change.title ?? labelOf(change.field)), h("td", {}, pick("mine", field ? wordsOf(field) : "")), h("td", {}, pick("theirs", wordsFor(change.to, percent))));
  });
  const head = [t("conflict.field"), t("conflict.mine"), t("conflict.theirs")].map((title) => h("th", { scope: "col" }, title));
  const table = h("table", { class: "tb" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  const others = changes.filter((change) => !own.has(change.field)).map((change) => change.title ?? labelOf(change.field));
  const summary = who ? t("conflict.by", { name: who, count: changes.length }) : t("conflict.changed", { count: changes.length });
  const dialog = openDialog(
    t("conflict.title"),
    h(
      "div",
      { class: "col g12" },
      h("div", { class: "note warn" }, icon("users"), h("span", {}, h("b", {}, summary), " ", t("conflict.kept"))),
      both.length > 0 ? h("div", { class: "conf" }, table) : h("p", { class: "sec" }, t("conflict.apart")),
      others.length > 0 ? h("p", { class: "t13 sec" }, t("conflict.others", { names: others.join(t("list_comma")) })) : null,
      h(
        "div",
        { class: "btns dlg-a" },
        h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("conflict.back")),
        h("button", { type: "button", class: "btn", onclick: answer.drop }, t("conflict.drop")),
        h("button", { type: "submit", class: "btn pri" }, t("conflict.save")),
      ),
    ),
    true,
  );
  find("form", dialog)?.addEventListener("submit", () => {
    answer.save(new Set(all<HTMLInputElement>("input[value=theirs]:checked", dialog).map((input) => input.dataset["field"] ?? "")));
  });
}

function nameOf(change: Conflict | undefined): string {
  const by = change?.by;
  return typeof by === "string" ? by : (by?.name ?? "");
}
