// Dialogs: native `<dialog>`, focus returns to where it was, Escape closes.

import { find, h, icon } from "./dom.ts";
import { t } from "./text.ts";

let number = 0;

/** Opens a modal dialog; it removes itself when closed. */
export function openDialog(title: string, body: Node, wide = false): HTMLDialogElement {
  const id = `dialog-${++number}`;
  const close = h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("close"), onclick: () => dialog.close() }, icon("x"));
  const dialog = h(
    "dialog",
    { class: wide ? "dlg is-wide" : "dlg", "aria-labelledby": id },
    h("form", { method: "dialog", class: "dlg-f", novalidate: true }, h("header", {}, h("h2", { id }, title), close), h("div", { class: "dlg-b" }, body)),
  );
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  dialog.showModal();
  find(".dlg-b input, .dlg-b select, .dlg-b textarea, .dlg-b .btn.pri", dialog)?.focus();
  return dialog;
}

export interface Question {
  title: string;
  text: string;
  /** The button's verb. */
  confirm: string;
  /** Destroys something: red. */
  danger?: boolean;
  /** Must be typed before the button works. */
  typed?: string;
}

/** Asks; true when confirmed. */
export function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const confirm = h("button", { type: "submit", class: question.danger ? "btn badfill" : "btn pri" }, question.confirm);
    const input = question.typed ? h("input", { class: "in", id: "typed", autocomplete: "off" }) : null;
    if (input) {
      confirm.disabled = true;
      input.addEventListener("input", () => {
        confirm.disabled = input.value.trim() !== question.typed?.trim();
      });
    }
    const cancel = h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel"));
    const dialog = openDialog(
      question.title,
      h(
        "div",
        { class: "col g12" },
        h("p", { class: "sec lines" }, question.text),
        input && h("div", { class: "f" }, h("label", { for: "typed" }, t("type_name", { name: question.typed ?? "" })), input),
        h("div", { class: "btns dlg-a" }, cancel, confirm),
      ),
    );
    find("form", dialog)?.addEventListener("submit", () => {
      answer = !confirm.disabled;
    });
    dialog.addEventListener("close", () => resolve(answer));
    (input ?? (question.danger ? cancel : confirm)).focus();
  });
}
