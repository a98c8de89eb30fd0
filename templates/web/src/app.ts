// What every page does: menus, the drawer of a phone, shortcuts, the search palette, copying, messages carried over from the page before.

import { call, newKey, reason } from "./base/api.ts";
import { all, busy, debounce, find, h, icon, url } from "./base/dom.ts";
import { foldLines } from "./base/fold.ts";
import type { Json } from "./base/json.ts";
import { isCommand, isTyping, onKey, onText } from "./base/key.ts";
import { showKeys } from "./base/keys.ts";
import { showLive } from "./base/live.ts";
import { stepUp, type Way } from "./base/session.ts";
import { t } from "./base/text.ts";
import { done, failed } from "./base/toast.ts";
import { showLeaving, showOffline } from "./base/way.ts";

/** Menus close on a click outside and on Escape; only one is open. */
function menus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of all<HTMLDetailsElement>("details.more[open]")) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  for (const menu of all<HTMLDetailsElement>("details.more")) {
    onKey(menu, (event) => {
      const items = all("a, button", find(".menu", menu) ?? menu);
      const place = items.indexOf(document.activeElement as HTMLElement);
      if (event.key === "Escape" && menu.open) {
        event.stopPropagation();
        menu.open = false;
        find("summary", menu)?.focus();
      } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && items.length > 0) {
        event.preventDefault();
        menu.open = true;
        const step = event.key === "ArrowDown" ? 1 : -1;
        items[(place + step + items.length) % items.length]?.focus();
      }
    });
  }
}

/** A page that is there for whoever proves once more who he is: asks, and reads it again. */
function prove(): void {
  const opener = find("[data-step-up]");
  if (!opener) return;
  const ways = (opener.dataset["stepUp"] ?? "").split(" ").filter((way): way is Way => way === "factor" || way === "password");
  const run = async () => {
    if (await stepUp(ways)) location.reload();
  };
  opener.hidden = false;
  opener.addEventListener("click", () => void run());
  void run();
}

/** Apps that come with the program are installed from the first page. */
function offers(): void {
  const buttons = all<HTMLButtonElement>("[data-install]");
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      const rest = busy(button);
      for (const other of buttons) other.disabled = true;
      const answer = await call("POST", `/api/apps/${button.dataset["install"]}/install`, { json: {}, headers: { "Idempotency-Key": newKey() } });
      if (answer.ok) return location.reload();
      rest();
      for (const other of buttons) other.disabled = false;
      failed(reason(answer));
    });
  }
}

/** The side bar slides in on a phone. */
function drawer(): void {
  const side = document.getElementById("side");
  for (const opener of all("[data-side]")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      const scrim = h("div", { class: "scrim" });
      const close = () => {
        side?.classList.remove("is-open");
        scrim.remove();
        opener.focus();
      };
      scrim.addEventListener("click", close);
      document.body.append(scrim);
      side?.classList.add("is-open");
      find("a", side ?? document)?.focus();
      if (side) {
        onKey(side, (key) => {
          if (key.key === "Escape" && side.classList.contains("is-open")) close();
        });
      }
    });
  }
}

/** Single letters, only when nobody types: what they do is marked on the page (`data-key`). */
function shortcuts(): void {
  onKey(document, (event) => {
    if (isCommand(event) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || find("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      showKeys();
      return;
    }
    const target = find(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target || target.offsetParent === null) return;
    event.preventDefault();
    if (target instanceof HTMLInputElement) target.focus();
    else target.click();
  });
  for (const opener of all("[data-help]")) {
    opener.hidden = false;
    opener.addEventListener("click", showKeys);
  }
  for (const opener of all("[data-palette]")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      palette();
    });
  }
}

interface Hit {
  title: string;
  detail: string;
  /** The title of the form of a record. */
  form: string;
  href: string;
  icon: string;
}

/** Search over records and pages. */
function palette(): void {
  if (find("dialog.pal")) return;
  const input = h("input", { class: "in", type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": t("palette.label"), placeholder: t("palette.label"), autocomplete: "off" });
  const list = h("ul", { class: "opts-l", role: "listbox", id: "palette-list", "aria-label": t("palette.label") });
  const dialog = h("dialog", { class: "dlg pal", "aria-label": t("palette.label") }, input, list);
  const pages: Hit[] = all<HTMLAnchorElement>(".side .nav a").map((link) => ({ title: find(".trunc", link)?.textContent ?? "", detail: "", form: "", href: link.href, icon: "arrow-right" }));
  const forms = new Map(pages.map((page) => [new URL(page.href).pathname, page.title]));
  let hits: Hit[] = [];
  let active = 0;
  let sequence = 0;
  const go = (hit: Hit | undefined) => {
    if (hit) location.assign(hit.href);
    else if (input.value.trim()) location.assign(url(`/search?q=${encodeURIComponent(input.value.trim())}`));
  };
  const draw = () => {
    list.replaceChildren(
      ...hits.map((hit, index) =>
        h("li", { role: "option", id: `hit-${index}`, "aria-selected": String(index === active), onclick: () => go(hit) }, hit.icon === "arrow-right" ? icon("arrow-right", "s") : icon("file-text", "s"), h("b", { class: "trunc" }, hit.title), h("span", { class: "mut trunc" }, hit.detail), hit.form ? h("span", { class: "mut t12" }, hit.form) : null, index === active ? icon("corner-down-left", "s") : null),
      ),
    );
    if (hits.length === 0) list.append(h("li", { class: "is-none" }, input.value.trim() ? t("palette.none") : t("palette.hint")));
    input.setAttribute("aria-activedescendant", hits.length > 0 ? `hit-${active}` : "");
    document.getElementById(`hit-${active}`)?.scrollIntoView({ block: "nearest" });
  };
  const search = debounce(160, async () => {
    const text = input.value.trim();
    const turn = ++sequence;
    const found = pages.filter((page) => page.title.toLowerCase().includes(text.toLowerCase())).slice(0, 6);
    if (text.length > 1) {
      const answer = await call("GET", `/api/search?q=${encodeURIComponent(text)}`);
      if (turn !== sequence) return;
      const items = (answer.ok ? (answer.body?.items ?? []) : []) as { form: string; id: string; title: string; text?: string }[];
      found.push(...items.slice(0, 20).map((item) => ({ title: item.title, detail: item.text ?? "", form: forms.get(url(`/forms/${item.form}`)) ?? "", href: url(`/forms/${item.form}/${item.id}`), icon: "file-text" })));
    }
    hits = found;
    active = 0;
    draw();
  });
  onText(input, search);
  onKey(input, (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.length > 0) active = (active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(hits[active]);
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  hits = pages.slice(0, 6);
  draw();
}

/** Copies a text and says so. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    done(t("copied"));
  } catch {
    done(t("copy_by_hand"));
  }
}

function buttons(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const copied = target?.closest<HTMLElement>("[data-copy]");
    if (copied?.dataset["copy"]) void copy(copied.dataset["copy"]);
    const beside = target?.closest<HTMLElement>("[data-copy-of]");
    const field = beside?.parentElement?.querySelector("input");
    if (field) {
      field.select();
      void copy(field.value);
    }
    const opener = target?.closest<HTMLElement>("[data-open]");
    const dialog = opener?.dataset["open"] ? document.getElementById(opener.dataset["open"]) : null;
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
    if (target?.closest("[data-close]")) target.closest("dialog")?.close();
    if (target?.closest("[data-reload]")) {
      event.preventDefault();
      location.reload();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLElement && "submit" in event.target.dataset) event.target.closest("form")?.requestSubmit();
  });
  for (const form of all<HTMLFormElement>('form[action$="/sign-out"]')) {
    form.addEventListener("submit", () => {
      // Drafts belong to the person who signs out.
      for (const name of Object.keys(localStorage)) if (name.startsWith("fw-draft:")) localStorage.removeItem(name);
    });
  }
}

/** Notifications: following one marks it as read, and all can be marked at once. */
function inbox(): void {
  const list = document.getElementById("notifications");
  list?.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("[data-notification]") : null;
    const id = link?.closest<HTMLElement>("li")?.dataset["id"];
    if (!link || !id) return;
    const read = call("POST", "/api/notifications/read", { json: { ids: [id] } });
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void read.then(() => location.assign(link.href));
  });
  find("[data-read-all]")?.addEventListener("click", async () => {
    const answer = await call("POST", "/api/notifications/read", { json: { all: true } });
    if (answer.ok) location.reload();
    else failed(reason(answer));
  });
}

/** Numbers that the page does not wait for: how many records a list has. */
function counts(): void {
  for (const link of all("[data-counted]")) {
    const place = find("[data-count]", link);
    const filter: Json = JSON.parse(link.dataset["filter"] ?? "null");
    void call("POST", `/api/records/${link.dataset["counted"]}/query`, { json: { filter, select: ["id"], limit: 1, count: "bounded" } }).then((answer) => {
      const { count, count_exact } = (answer.ok ? answer.body : {}) as { count?: number; count_exact?: boolean };
      if (!place || count === undefined) {
        place?.replaceChildren("—");
        return;
      }
      place.textContent = new Intl.NumberFormat("en").format(count) + (count_exact === false ? "+" : "");
      link.classList.toggle("is-none", count === 0);
    });
  }
}

menus();
offers();
drawer();
shortcuts();
buttons();
inbox();
counts();
foldLines();
showLeaving();
showOffline();
prove();
showLive();
const waiting = sessionStorage.getItem("fw-toast");
if (waiting) {
  sessionStorage.removeItem("fw-toast");
  done(waiting);
}
