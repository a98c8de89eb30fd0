// People and departments.

import { call, newKey, reason } from "./base/api.ts";
import { ask } from "./base/dialog.ts";
import { find } from "./base/dom.ts";
import { t } from "./base/text.ts";
import { failed } from "./base/toast.ts";

function person(form: HTMLFormElement): void {
  const user = form.dataset["id"];
  const dialog = document.getElementById("invite-dialog");
  const show = (link: string, next: string) => {
    if (!(dialog instanceof HTMLDialogElement)) return;
    const field = find<HTMLInputElement>("[data-link]", dialog);
    if (field) field.value = link;
    dialog.addEventListener("close", () => (next ? location.assign(next) : location.reload()), { once: true });
    dialog.showModal();
    field?.select();
  };
  form.addEventListener("fw-invitation", (event) => {
    if (event instanceof CustomEvent) show(event.detail.link, event.detail.next);
  });
  find("[data-invite]")?.addEventListener("click", async () => {
    const answer = await call("POST", `/api/users/${user}/invitation`, { json: {}, headers: { "Idempotency-Key": newKey() } });
    if (answer.ok) show(answer.body?.link ?? "", "");
    else failed(reason(answer));
  });
  find("[data-factor-reset]")?.addEventListener("click", async () => {
    const name = form.dataset["name"] ?? "";
    if (!(await ask({ title: t("person.factor_title", { name }), text: t("person.factor_text"), confirm: t("person.factor"), danger: true }))) return;
    const answer = await call("DELETE", `/api/users/${user}/factor`);
    if (answer.ok) {
      sessionStorage.setItem("fw-toast", t("saved"));
      location.reload();
    } else failed(reason(answer));
  });
  find("[data-active]")?.addEventListener("click", async (event) => {
    const active = (event.currentTarget as HTMLElement).dataset["active"] === "true";
    const name = form.dataset["name"] ?? "";
    if (!active && !(await ask({ title: t("person.off_title", { name }), text: t("person.off_text"), confirm: t("person.off"), danger: true }))) return;
    const answer = await call("PATCH", `/api/users/${user}`, { json: { active } });
    if (!answer.ok) {
      failed(reason(answer));
      return;
    }
    sessionStorage.setItem("fw-toast", t("saved"));
    location.reload();
  });
}

function departments(): void {
  const dialog = document.getElementById("department-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const title = find<HTMLInputElement>("#department-title", dialog);
  const name = find<HTMLInputElement>("#department-name", dialog);
  const parent = find<HTMLSelectElement>("#department-parent", dialog);
  const fault = find("[data-error]", dialog);
  let id: string | null = null;
  const open = (row: HTMLElement | null) => {
    id = row?.dataset["id"] ?? null;
    if (title) title.value = row?.dataset["title"] ?? "";
    if (name) name.value = row?.dataset["name"] ?? "";
    if (parent) {
      parent.value = row?.dataset["parent"] ?? "";
      for (const option of parent.options) option.disabled = option.value !== "" && option.value === id;
    }
    if (fault) fault.hidden = true;
    dialog.showModal();
    title?.focus();
  };
  find("[data-department-new]")?.addEventListener("click", () => open(null));
  document.getElementById("departments")?.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-department-edit]") : null;
    if (button) open(button.closest<HTMLElement>("li"));
  });
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const json = { title: title?.value.trim() ?? "", name: name?.value.trim() || null, parent: parent?.value || null };
    if (!json.title) {
      title?.focus();
      return;
    }
    const answer = await call(id ? "PATCH" : "POST", id ? `/api/departments/${id}` : "/api/departments", { json, headers: id ? {} : { "Idempotency-Key": newKey() } });
    if (answer.ok) {
      sessionStorage.setItem("fw-toast", t("saved"));
      location.reload();
    } else if (fault) {
      fault.hidden = false;
      fault.textContent = reason(answer);
    }
  });
}

const form = find<HTMLFormElement>("form[data-person]");
if (form) person(form);
departments();
