// What happens elsewhere, as the server pushes it: a number at the bell, and a quiet word where the page shows what has changed.
//
// One tab listens for all tabs of a browser, so that a row of open tabs does not use up the connections to the server.

import { all, find, h, icon, meta, url } from "./dom.ts";
import { settled } from "./key.ts";
import { t } from "./text.ts";

export interface Happening {
  event: "record" | "notification" | "job" | "revision" | "resync";
  data: { form?: string; id?: string; version?: number | null; kind?: string; unread?: number; state?: string };
}

const KINDS = ["record", "notification", "job", "revision", "resync"] as const;
const AGAIN = 60_000;

/** Listens as long as the page lives. */
export function follow(run: (happening: Happening) => void): void {
  if (!meta("login") || meta("live") === "off" || typeof EventSource === "undefined") return;
  const tell = (happening: Happening) => settled(() => run(happening));
  if (navigator.locks && typeof BroadcastChannel !== "undefined") {
    const name = `fw-live:${meta("base")}:${meta("login")}`;
    const channel = new BroadcastChannel(name);
    channel.addEventListener("message", (message: MessageEvent<Happening>) => tell(message.data));
    void navigator.locks.request(name, () => {
      open((happening) => {
        channel.postMessage(happening);
        tell(happening);
      });
      // held until the page goes; then another tab listens
      return new Promise<never>(() => {});
    });
    return;
  }
  // without locks each tab listens for itself, while it is in sight
  let close: (() => void) | null = null;
  const look = () => {
    if (document.visibilityState === "visible") close ??= open(tell);
    else {
      close?.();
      close = null;
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
}

function open(tell: (happening: Happening) => void): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    source = new EventSource(url("/api/events"));
    for (const event of KINDS) source.addEventListener(event, (message) => tell({ event, data: JSON.parse((message as MessageEvent<string>).data) }));
    source.addEventListener("error", () => {
      // the browser itself comes back after a broken connection, not after a refusal
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(begin, AGAIN);
    });
  };
  begin();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** The number at the bell. */
function ring(unread: number): void {
  for (const bell of all("[data-bell]")) {
    const place = find("[data-unread]", bell);
    if (!place) continue;
    const text = unread > 99 ? "99+" : String(unread);
    place.hidden = unread === 0;
    place.textContent = unread === 0 ? "" : text;
    bell.setAttribute("aria-label", unread === 0 ? t("notifications.none") : t("notifications.unread", { count: unread }));
  }
}

/** A word that lies over the page and moves nothing. */
function hint(text: string): void {
  let place = find("#live-hint");
  if (!place) {
    place = h("button", { type: "button", class: "live-hint", id: "live-hint", onclick: () => location.reload() });
    document.body.append(h("div", { role: "status", class: "live-place" }, place));
  }
  place.replaceChildren(icon("refresh-cw", "s"), h("span", {}, text));
}

/** Shows at the bell, on lists and on records what has happened since the page was drawn. */
export function showLive(): void {
  const list = document.getElementById("filter-bar")?.dataset["form"];
  const record = document.getElementById("record")?.dataset;
  const changed = new Set<string>();
  follow(({ event, data }) => {
    if (event === "notification") ring(data.unread ?? 0);
    if (event !== "record" || !data.id) return;
    if (list && data.form === list) {
      changed.add(data.id);
      hint(t("live.list", { count: changed.size }));
    } else if (record && data.form === record["form"] && data.id === record["id"]) {
      const newer = data.kind === "deleted" || (data.version ?? 0) > Number(record["version"] ?? 0);
      if (newer) hint(t(data.kind === "deleted" ? "live.deleted" : "live.record"));
    }
  });
}
