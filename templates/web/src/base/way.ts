// The way to the next page and to the server: a thin bar while a page is on its way, a word while there is no connection.

import { h, icon } from "./dom.ts";
import { t } from "./text.ts";
import { done } from "./toast.ts";

/** Shows that the next page is on its way. The bar comes late enough that a quick page is never announced. */
export function showLeaving(): void {
  const root = document.documentElement;
  const leave = () => root.classList.add("is-leaving");
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const isPage = link.origin === location.origin && !link.target && !link.hasAttribute("download") && (link.pathname !== location.pathname || link.search !== location.search);
    if (isPage) leave();
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target instanceof HTMLFormElement && event.target.method !== "dialog") leave();
  });
  // a page that is come back to, or that stays although it was left
  addEventListener("pageshow", () => root.classList.remove("is-leaving"));
  addEventListener("beforeunload", () => setTimeout(() => root.classList.remove("is-leaving"), 10_000));
}

/** Says so while the device has no connection. */
export function showOffline(): void {
  let note: HTMLElement | null = null;
  addEventListener("offline", () => {
    note ??= h("div", { class: "offline", role: "status" }, icon("wifi-off"), h("span", {}, t("offline.note")));
    document.body.append(note);
  });
  addEventListener("online", () => {
    if (!note) return;
    note.remove();
    note = null;
    done(t("offline.over"));
  });
}
