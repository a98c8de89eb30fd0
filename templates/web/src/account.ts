// Signing in, setting a password, a person's own settings and what opens his account.

import { call, newKey, reason } from "./base/api.ts";
import { ask } from "./base/dialog.ts";
import { all, busy, find, meta, setCookie } from "./base/dom.ts";
import { t } from "./base/text.ts";
import { done, failed } from "./base/toast.ts";

function passwords(): void {
  for (const button of all("[data-reveal]")) {
    const input = document.getElementById(button.dataset["reveal"] ?? "");
    if (!(input instanceof HTMLInputElement)) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
      input.focus();
    });
  }
  const caps = document.getElementById("caps");
  document.getElementById("password")?.addEventListener("keyup", (event) => {
    if (caps && event instanceof KeyboardEvent) caps.hidden = !event.getModifierState("CapsLock");
  });
  for (const form of all<HTMLFormElement>("[data-sign-in], [data-invite]")) {
    form.addEventListener("submit", (event) => {
      const empty = all<HTMLInputElement>("input[required]", form).find((input) => input.value === "");
      const repeat = find<HTMLInputElement>("[name=repeat]", form);
      const same = document.getElementById("same");
      const differs = repeat !== null && repeat.value !== find<HTMLInputElement>("[name=password]", form)?.value;
      if (same) same.hidden = !differs || Boolean(empty);
      if (empty || differs) {
        event.preventDefault();
        (empty ?? repeat)?.focus();
        return;
      }
      const button = find("button.pri", form);
      if (button) busy(button);
    });
  }
  // The language of pages for people who are not signed in.
  for (const link of all<HTMLAnchorElement>("a[data-locale]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      setCookie("fw_locale", link.dataset["locale"] ?? "en");
      const address = new URL(location.href);
      address.searchParams.set("lang", link.dataset["locale"] ?? "en");
      location.replace(address);
    });
  }
}

function settings(): void {
  for (const select of all<HTMLSelectElement>("[data-setting]")) {
    select.addEventListener("change", async () => {
      const name = select.dataset["setting"] ?? "";
      if (name !== "time_zone") setCookie(`fw_${name}`, select.value);
      if (name === "theme") switchTheme(select.value);
      if (name === "density") document.documentElement.dataset["density"] = select.value;
      const answer = await call("PATCH", "/api/me", { json: { [name]: select.value || null } });
      if (!answer.ok) failed(reason(answer));
      else if (name === "locale") location.reload();
      else done(t("saved"));
    });
  }
}

/** Transitions rest for one frame, so colours do not fade through what cannot be read. */
function switchTheme(theme: string): void {
  const root = document.documentElement;
  root.classList.add("is-switching");
  root.dataset["theme"] = theme;
  requestAnimationFrame(() => requestAnimationFrame(() => root.classList.remove("is-switching")));
}

function changePassword(): void {
  const form = find<HTMLFormElement>("#password-form");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = (name: string) => find<HTMLInputElement>(`[name=${name}]`, form);
    const fault = find("[data-error]", form);
    const fail = (text: string, name: string) => {
      if (fault) {
        fault.hidden = false;
        fault.textContent = text;
      }
      field(name)?.focus();
    };
    const [current, next, repeat] = ["current", "new", "repeat"].map((name) => field(name)?.value ?? "");
    if (!current) return fail(t("required"), "current");
    if (!next) return fail(t("required"), "new");
    if (next !== repeat) return fail(t("password.differs"), "repeat");
    if (fault) fault.hidden = true;
    const button = find("button", form);
    const end = button ? busy(button) : () => {};
    const answer = await call("POST", "/api/password", { json: { current, new: next } });
    end();
    if (!answer.ok) return fail(reason(answer), "current");
    if (answer.body?.csrf) find<HTMLMetaElement>('meta[name="fw-csrf"]')?.setAttribute("content", answer.body.csrf);
    form.reset();
    done(t("password.changed"));
  });
}

function sessions(): void {
  document.getElementById("sessions")?.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-end]") : null;
    const row = button?.closest<HTMLElement>("li");
    if (!button || !row) return;
    const end = busy(button);
    const answer = await call("DELETE", `/api/sessions/${row.dataset["id"]}`);
    end();
    if (answer.ok) row.remove();
    else failed(reason(answer));
  });
  find("[data-end-others]")?.addEventListener("click", async () => {
    if (!(await ask({ title: t("sessions.end_others"), text: t("sessions.end_others_text"), confirm: t("sessions.end_others"), danger: true }))) return;
    const answer = await call("DELETE", "/api/sessions");
    if (answer.ok) {
      sessionStorage.setItem("fw-toast", t("sessions.others_ended"));
      location.reload();
    } else failed(reason(answer));
  });
}

/** Setting a second factor up: the secret is shown, a code of it is asked for, then the recovery codes are shown once. */
function factor(): void {
  const dialog = document.getElementById("factor-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const code = find<HTMLInputElement>("#factor-code", dialog);
  const fault = find("[data-error]", dialog);
  const fail = (text: string) => {
    if (fault) {
      fault.hidden = false;
      fault.textContent = text;
    }
    code?.select();
  };
  find("[data-factor-begin]")?.addEventListener("click", async (event) => {
    const end = busy(event.currentTarget as HTMLElement);
    const answer = await call("POST", "/api/factor", { json: {} });
    end();
    if (!answer.ok) {
      failed(reason(answer));
      return;
    }
    const drawn = new DOMParser().parseFromString(String(answer.body?.qr ?? ""), "image/svg+xml").documentElement;
    find("[data-qr]", dialog)?.replaceChildren(document.importNode(drawn, true));
    const secret = find<HTMLInputElement>("[data-secret]", dialog);
    if (secret) secret.value = answer.body?.secret ?? "";
    find("[data-copy]", dialog)?.setAttribute("data-copy", answer.body?.secret ?? "");
    find("[data-uri]", dialog)?.setAttribute("href", answer.body?.uri ?? "");
    if (code) code.value = "";
    if (fault) fault.hidden = true;
    dialog.showModal();
    code?.focus();
  });
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!code?.value.trim()) {
      code?.focus();
      return;
    }
    const answer = await call("POST", "/api/factor", { json: { code: code.value.trim() } });
    if (!answer.ok) {
      fail(reason(answer));
      return;
    }
    const codes: string[] = answer.body?.recovery_codes ?? [];
    const list = find("[data-codes]", dialog);
    for (const one of codes) {
      const item = document.createElement("li");
      item.textContent = one;
      list?.append(item);
    }
    find("[data-answer] [data-copy]", dialog)?.setAttribute("data-copy", codes.join("\n"));
    for (const part of all<HTMLElement>("[data-ask], [data-answer]", dialog)) part.hidden = "ask" in part.dataset;
    // shown this once: whatever closes the dialog, the page is then another
    dialog.addEventListener("close", () => location.reload());
  });
  find("[data-done]", dialog)?.addEventListener("click", () => dialog.close());
  find("[data-factor-off]")?.addEventListener("click", async (event) => {
    const required = "required" in (event.currentTarget as HTMLElement).dataset;
    const text = required ? t("factor.off_required") : t("factor.off_text");
    if (!(await ask({ title: t("factor.off_title"), text, confirm: t("factor.off"), danger: true }))) return;
    const answer = await call("DELETE", "/api/factor");
    if (answer.ok) {
      sessionStorage.setItem("fw-toast", t("saved"));
      location.reload();
    } else failed(reason(answer));
  });
}

function tokens(): void {
  document.getElementById("tokens")?.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-revoke]") : null;
    const row = button?.closest<HTMLElement>("li");
    if (!button || !row) return;
    const name = row.dataset["name"] ?? "";
    if (!(await ask({ title: t("token.revoke_title", { name }), text: t("token.revoke_text"), confirm: t("token.revoke"), danger: true }))) return;
    const answer = await call("DELETE", `/api/tokens/${row.dataset["id"]}`);
    if (answer.ok) row.remove();
    else failed(reason(answer));
  });
  const dialog = document.getElementById("token-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  find("[data-done]", dialog)?.addEventListener("click", () => location.reload());
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = find<HTMLInputElement>("#token-name", dialog);
    const fault = find("[data-error]", dialog);
    if (!name?.value.trim()) {
      name?.focus();
      return;
    }
    const days = Number(find<HTMLSelectElement>("#token-days", dialog)?.value ?? "90");
    const expires = new Date(Date.now() + days * 86_400_000).toISOString();
    const answer = await call("POST", "/api/tokens", { json: { name: name.value.trim(), expires_at: expires }, headers: { "Idempotency-Key": newKey() } });
    if (!answer.ok) {
      if (fault) {
        fault.hidden = false;
        fault.textContent = reason(answer);
      }
      return;
    }
    const shown = find<HTMLInputElement>("[data-token]", dialog);
    if (shown) shown.value = answer.body?.token ?? "";
    find("[data-copy]", dialog)?.setAttribute("data-copy", answer.body?.token ?? "");
    for (const part of all<HTMLElement>("[data-ask], [data-answer]", dialog)) part.hidden = "ask" in part.dataset;
    shown?.select();
  });
}

/** What a person wants to be told: each switch acts at once and goes back where it could not be saved. */
function preferences(): void {
  const list = document.getElementById("notification-preferences");
  list?.addEventListener("change", async (event) => {
    const changed = event.target;
    if (!(changed instanceof HTMLInputElement)) return;
    const events = Object.fromEntries(all<HTMLInputElement>("[data-kind]", list).map((one) => [one.dataset["kind"] ?? "", { in_app: one.checked }]));
    const answer = await call("PUT", "/api/notifications/preferences", { json: { events } });
    if (answer.ok) {
      done(t("saved"));
      return;
    }
    changed.checked = !changed.checked;
    failed(reason(answer));
  });
}

passwords();
if (meta("login")) {
  preferences();
  settings();
  changePassword();
  sessions();
  factor();
  tokens();
}
