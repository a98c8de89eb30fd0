// Proving over the page who one is: after the session ended, and once more before what is grave. What was asked for is then repeated.

import { openDialog } from "./dialog.ts";
import { busy, find, h, meta, setMeta, url } from "./dom.ts";
import { t } from "./text.ts";

/** A way to prove it: the password, or a code of the second factor. */
export type Way = "password" | "factor";

interface Proved {
  ok: boolean;
  // biome-ignore lint: answers of many shapes
  body: any;
}

/** What one dialog asks for and does with it. */
interface Question {
  title: string;
  text: string;
  submit: string;
  /** The first one is asked for; the others are offered. */
  ways: Way[];
  send: (way: Way, value: string) => Promise<Proved | null>;
  /** True when it is done; another way when that is asked for next. */
  accept: (proved: Proved, way: Way) => boolean | Way;
}

const running = new Map<string, Promise<boolean>>();

/** Several callers share one dialog. */
function shared(name: string, run: () => Promise<boolean>): Promise<boolean> {
  const known = running.get(name);
  if (known) return known;
  const asked = run().finally(() => running.delete(name));
  running.set(name, asked);
  return asked;
}

async function post(path: string, json: Record<string, string>): Promise<Proved | null> {
  const response = await fetch(url(path), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": document.documentElement.lang, "X-CSRF-Token": meta("csrf") },
    body: JSON.stringify(json),
  }).catch(() => null);
  return response && { ok: response.ok, body: await response.json().catch(() => null) };
}

/** Asks who it is after the session ended; true when the session is good again. */
export function signInAgain(): Promise<boolean> {
  const login = meta("account");
  let challenge = "";
  return shared("session", () =>
    ask({
      title: t("session.title"),
      text: t("session.text", { login }),
      submit: t("session.submit"),
      ways: ["password"],
      send: (way, value) => (way === "factor" ? post("/api/session/factor", { challenge, code: value }) : post("/api/session", { login, password: value })),
      accept: ({ ok, body }) => {
        if (!ok) {
          challenge = body?.challenge ?? "";
          if (challenge) return "factor";
          // the second step took too long: from the beginning
          return body?.code === "challenge_expired" ? "password" : false;
        }
        const user = body?.user?.id;
        // Somebody else: what is typed on this page is not theirs.
        if (user && user !== meta("login")) location.reload();
        if (body?.csrf) setMeta("csrf", body.csrf);
        return true;
      },
    }),
  );
}

/** Asks once more who it is; true when it was proved. */
export function stepUp(ways: Way[]): Promise<boolean> {
  return shared("step-up", () =>
    ask({
      title: t("step_up.title"),
      text: t("step_up.text"),
      submit: t("step_up.submit"),
      ways: ways.length > 0 ? ways : ["password"],
      send: (way, value) => post("/api/session/step-up", way === "factor" ? { code: value } : { password: value }),
      accept: ({ ok }) => ok,
    }),
  );
}

function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    let way: Way = question.ways[0] ?? "password";
    // for the browser's store of passwords, which looks for the name beside the password
    const login = h("input", { class: "vh", autocomplete: "username", value: meta("account"), readonly: true, tabindex: -1, "aria-hidden": "true" });
    const label = h("label", { for: "again-proof" });
    const proof = h("input", { class: "in", id: "again-proof", autocapitalize: "none", spellcheck: "false" });
    const fault = h("p", { class: "err", role: "alert", hidden: true });
    const other = h("button", { class: "link t13", type: "button", onclick: () => choose(way === "factor" ? "password" : "factor") });
    const submit = h("button", { class: "btn pri", type: "submit" }, question.submit);
    const choose = (next: Way) => {
      way = next;
      label.textContent = way === "factor" ? t("session.code") : t("session.password");
      proof.type = way === "factor" ? "text" : "password";
      proof.autocomplete = way === "factor" ? "one-time-code" : "current-password";
      proof.value = "";
      other.textContent = way === "factor" ? t("step_up.by_password") : t("step_up.by_code");
      fault.hidden = true;
      proof.focus();
    };
    other.hidden = question.ways.length < 2;
    const dialog = openDialog(
      question.title,
      h("div", { class: "col g12" }, h("p", { class: "t13 sec" }, question.text), login, h("div", { class: "f" }, label, proof), fault, other, h("div", { class: "btns dlg-a" }, submit)),
    );
    choose(way);
    let done = false;
    find<HTMLFormElement>("form", dialog)?.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!proof.value) {
        proof.focus();
        return;
      }
      const end = busy(submit);
      const proved = await question.send(way, proof.value);
      end();
      const accepted = proved ? question.accept(proved, way) : false;
      if (accepted === true) {
        done = true;
        dialog.close();
        return;
      }
      if (accepted === "factor") {
        choose("factor");
        return;
      }
      if (accepted === "password") choose("password");
      fault.hidden = false;
      fault.textContent = proved ? (proved.body?.detail ?? proved.body?.title ?? t("session.wrong")) : t("offline");
      proof.select();
    });
    dialog.addEventListener("close", () => resolve(done));
  });
}
