// A record's page and the recycle bin: delete, restore, buttons of the form, comments, the tabs.

import { call, newKey, type Problem, reason } from "./base/api.ts";
import { ask } from "./base/dialog.ts";
import { all, busy, find, url } from "./base/dom.ts";
import { isCommand, onKey } from "./base/key.ts";
import { t } from "./base/text.ts";
import { done, failed } from "./base/toast.ts";

/** Calls and, when it worked, carries a message to the next page. */
async function act(button: HTMLElement, method: string, path: string, json: Record<string, never> | null, message: string, next: string | null, headers: Record<string, string> = {}): Promise<void> {
  const end = busy(button);
  const answer = await call(method, path, { ...(json ? { json } : {}), headers: { ...(method === "POST" ? { "Idempotency-Key": newKey() } : {}), ...headers } });
  end();
  if (!answer.ok) {
    failed(reason(answer));
    return;
  }
  sessionStorage.setItem("fw-toast", message);
  if (next) location.assign(next);
  else location.reload();
}

function recordPage(page: HTMLElement): void {
  const { form = "", id = "", version = "", title = "" } = page.dataset;
  const record = `/api/records/${form}/${id}`;
  find("[data-delete]")?.addEventListener("click", async (event) => {
    const button = event.currentTarget as HTMLElement;
    if (await ask({ title: t("delete.title", { name: title }), text: t("delete.text"), confirm: t("delete.confirm"), danger: true })) await act(button, "DELETE", record, null, t("delete.done"), url(`/forms/${form}`), { "If-Match": `"${version}"` });
  });
  find("[data-restore]")?.addEventListener("click", (event) => void act(event.currentTarget as HTMLElement, "POST", `${record}/restore`, {}, t("restore.done"), null));
  find("[data-purge]")?.addEventListener("click", (event) => void purge(event.currentTarget as HTMLElement, form, id, title, url(`/forms/${form}/recycle-bin`)));
  for (const button of all("[data-action]")) {
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled") === "true") {
        if (button.title) failed(button.title);
        return;
      }
      const question = button.dataset["confirm"];
      if (question && !(await ask({ title: button.textContent?.trim() ?? "", text: question, confirm: button.textContent?.trim() ?? "" }))) return;
      await act(button, "POST", `${record}/actions/${button.dataset["action"]}`, {}, t("action.done"), null);
    });
  }
  for (const step of all("[data-step]")) step.addEventListener("click", () => void move(step, record, version, url(`/forms/${form}/${id}/edit`)));
  const comment = find<HTMLFormElement>("[data-comment]");
  const text = comment && find<HTMLTextAreaElement>("textarea", comment);
  if (comment && text) {
    comment.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = find("button", comment);
      if (!text.value.trim() || !button) return;
      const end = busy(button);
      const answer = await call("POST", `${record}/comments`, { json: { text: text.value.trim() }, headers: { "Idempotency-Key": newKey() } });
      end();
      if (answer.ok) {
        text.value = "";
        location.hash = "discussion";
        location.reload();
      } else failed(reason(answer));
    });
    onKey(text, (event) => {
      if (isCommand(event) && event.key === "Enter") comment.requestSubmit();
    });
  }
  tabs(page);
}

/** Moves a status at once; what the move asks for is filled in on the form, where the step is taken already. */
async function move(step: HTMLElement, record: string, version: string, edit: string): Promise<void> {
  const { step: to = "", stepField: field = "" } = step.dataset;
  const onForm = `${edit}?${new URLSearchParams({ [field]: to })}`;
  if ("stepAsks" in step.dataset) {
    location.assign(onForm);
    return;
  }
  const end = busy(step);
  const answer = await call("PATCH", record, { json: { [field]: to }, headers: { "If-Match": `"${version}"`, "Idempotency-Key": newKey() } });
  end();
  if (answer.ok) {
    sessionStorage.setItem("fw-toast", t("moved", { name: step.textContent?.trim() ?? "" }));
    location.reload();
  } else if ((answer.body as Problem | null)?.errors?.some((fault) => fault.field !== "" && fault.field !== field)) location.assign(onForm);
  else failed(reason(answer));
}

async function purge(button: HTMLElement, form: string, id: string, title: string, next: string | null): Promise<void> {
  if (await ask({ title: t("purge.title", { name: title }), text: t("purge.text"), confirm: t("purge.confirm"), danger: true, typed: title })) await act(button, "DELETE", `/api/records/${form}/recycle-bin/${id}`, null, t("purge.done"), next);
}

/** The tab of the part in sight is marked. */
function tabs(page: HTMLElement): void {
  const links = all<HTMLAnchorElement>(".tabs a[href^='#']", page);
  const mark = (id: string) => {
    for (const link of links) {
      if (link.hash === `#${id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  for (const link of links) link.addEventListener("click", () => mark(link.hash.slice(1)));
}

function recycleBin(list: HTMLElement): void {
  const form = list.dataset["bin"] ?? "";
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-restore-row], [data-purge-row]") : null;
    const row = button?.closest<HTMLElement>("li");
    if (!button || !row) return;
    const { id = "", title = "" } = row.dataset;
    if ("purgeRow" in button.dataset) void purge(button, form, id, title, null);
    else {
      const end = busy(button);
      void call("POST", `/api/records/${form}/${id}/restore`, { json: {}, headers: { "Idempotency-Key": newKey() } }).then((answer) => {
        end();
        if (!answer.ok) {
          failed(reason(answer));
          return;
        }
        row.remove();
        done(t("restore.done"), { text: t("open"), run: () => location.assign(url(`/forms/${form}/${id}`)) });
      });
    }
  });
}

const page = document.getElementById("record");
if (page) recordPage(page);
const bin = find("[data-bin]");
if (bin) recycleBin(bin);
