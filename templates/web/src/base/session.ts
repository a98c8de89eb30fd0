// Signing in again over the page, after the session ended.

import { openDialog } from "./dialog.ts";
import { busy, find, h, meta, setMeta, url } from "./dom.ts";
import { t } from "./text.ts";

let running: Promise<boolean> | null = null;

/** Asks for the password; true when the session is good again. Several callers share one dialog. */
export function signInAgain(): Promise<boolean> {
  running ??= ask().finally(() => {
    running = null;
  });
  return running;
}

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    const account = meta("account");
    // for the browser's store of passwords, which looks for the name beside the password
    const login = h("input", { class: "vh", autocomplete: "username", value: account, readonly: true, tabindex: -1, "aria-hidden": "true" });
    const password = h("input", { class: "in", id: "again-password", type: "password", autocomplete: "current-password" });
    const fault = h("p", { class: "err", role: "alert", hidden: true });
    const submit = h("button", { class: "btn pri", type: "submit" }, t("session.submit"));
    const dialog = openDialog(
      t("session.title"),
      h(
        "div",
        { class: "col g12" },
        h("p", { class: "t13 sec" }, t("session.text", { login: account })),
        login,
        h("div", { class: "f" }, h("label", { for: "again-password" }, t("session.password")), password),
        fault,
        h("div", { class: "btns dlg-a" }, submit),
      ),
    );
    let done = false;
    const form = find<HTMLFormElement>("form", dialog);
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const end = busy(submit);
      const response = await fetch(url("/api/session"), {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": document.documentElement.lang, "X-CSRF-Token": meta("csrf") },
        body: JSON.stringify({ login: account, password: password.value }),
      }).catch(() => null);
      end();
      const body = await response?.json().catch(() => null);
      if (response?.ok) {
        const user = body?.user?.id;
        if (user && user !== meta("login")) {
          // Somebody else: what is typed on this page is not theirs.
          location.reload();
          return;
        }
        if (body?.csrf) setMeta("csrf", body.csrf);
        done = true;
        dialog.close();
      } else {
        fault.hidden = false;
        fault.textContent = response ? (body?.detail ?? body?.title ?? t("session.wrong")) : t("offline");
        password.select();
      }
    });
    dialog.addEventListener("close", () => resolve(done));
    password.focus();
  });
}
