// Short messages at the bottom. Success goes by itself, errors stay until closed.

import { h, icon } from "./dom.ts";
import { t } from "./text.ts";

export interface ToastAction {
  text: string;
  run: () => void;
}

/** Shows that something was done: 5 seconds, 10 with an undo. */
export function done(text: string, action?: ToastAction): void {
  const toast = make("circle-check", text, action);
  setTimeout(() => toast.remove(), action ? 10_000 : 5_000);
}

/** Shows that something failed; stays until closed. */
export function failed(text: string, action?: ToastAction): void {
  make("circle-alert", text, action).classList.add("is-bad");
}

function make(sign: string, text: string, action?: ToastAction): HTMLElement {
  const toast = h("div", { class: "toast" }, sign === "circle-check" ? icon("circle-check") : icon("circle-alert"), h("span", {}, text));
  if (action) {
    toast.append(
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            toast.remove();
            action.run();
          },
        },
        action.text,
      ),
    );
  }
  toast.append(h("button", { type: "button", "aria-label": t("close"), onclick: () => toast.remove() }, icon("x", "s")));
  document.getElementById("toasts")?.append(toast);
  return toast;
}
