// Files: chosen, dropped, pasted or photographed, uploaded at once with a bar for each; and signatures drawn by hand.

import { all, announce, find, h, icon, meta, url } from "../base/dom.ts";
import type { Json } from "../base/json.ts";
import { t } from "../base/text.ts";
import { BaseControl, type Reading } from "./part.ts";

interface Uploaded {
  id: string;
  name: string;
}

/** Sends one file; `progress` hears shares from 0 to 1. */
export function upload(form: string, field: string, file: Blob, name: string, progress: (share: number) => void): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    data.append("file", file, name);
    const request = new XMLHttpRequest();
    request.open("POST", url(`/api/files?form=${encodeURIComponent(form)}&field=${encodeURIComponent(field)}`));
    request.setRequestHeader("X-CSRF-Token", meta("csrf"));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("error", () => reject(new Error(t("offline"))));
    request.addEventListener("load", () => {
      let body: { id?: string; name?: string; detail?: string; title?: string } = {};
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = {};
      }
      if (request.status >= 200 && request.status < 300 && body.id) resolve({ id: body.id, name: body.name ?? name });
      else reject(new Error(body.detail ?? body.title ?? t("failed", { status: request.status })));
    });
    request.send(data);
  });
}

/** `48 KB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  for (const unit of ["KB", "MB", "GB"]) {
    if (value < 1024 || unit === "GB") return `${value < 10 && value % 1 >= 0.05 ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1024;
  }
  return "";
}

export class FilesControl extends BaseControl {
  private readonly box: HTMLElement;
  private readonly list: HTMLElement;
  private waiting = 0;

  constructor(host: HTMLElement) {
    super(host);
    const box = find(".files", host);
    const list = box && find(".file-list", box);
    if (!box || !list) throw new Error(`no files in ${this.path}`);
    this.box = box;
    this.list = list;
    for (const input of all<HTMLInputElement>("input[type=file]", box)) {
      input.addEventListener("change", () => {
        this.add([...(input.files ?? [])]);
        input.value = "";
      });
    }
    box.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-remove]") : null;
      if (button) {
        button.closest("li")?.remove();
        this.changed();
      }
    });
    const drop = find(".drop", box);
    if (!drop) return;
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
    host.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) {
        event.preventDefault();
        this.add(files);
      }
    });
  }

  private add(files: File[]): void {
    const most = Number(this.box.dataset["maxCount"] ?? "0");
    for (const file of files) {
      if (most > 0 && all("li", this.list).length >= most) {
        this.say(t("files.too_many", { count: most }));
        return;
      }
      const bytes = Number(this.box.dataset["maxBytes"] ?? "0");
      if (bytes > 0 && file.size > bytes) this.refuse(file, t("files.too_big", { size: this.box.dataset["maxSize"] ?? fileSize(bytes) }));
      else void this.send(file);
    }
  }

  private say(text: string): void {
    announce(text);
    this.host.dispatchEvent(new CustomEvent("fw-fault", { bubbles: true, detail: text }));
  }

  private row(file: File, ...rest: Node[]): HTMLElement {
    const remove = h("button", { type: "button", class: "btn ghost icon sm", "data-remove": true, "aria-label": t("remove", { name: file.name }) }, icon("x", "s"));
    const row = h("li", {}, h("span", { class: "file-i" }, icon("file", "s")), h("span", { class: "trunc grow" }, file.name), ...rest, remove);
    this.list.append(row);
    return row;
  }

  private refuse(file: File, text: string): void {
    this.row(file, h("span", { class: "is-bad t12", role: "alert" }, text));
  }

  private async send(file: File): Promise<void> {
    const size = h("span", { class: "mut t12 nowrap" }, fileSize(file.size));
    const bar = h("progress", { max: 1, value: 0, "aria-label": file.name });
    const row = this.row(file, size, bar);
    this.waiting += 1;
    try {
      const stored = await upload(this.box.dataset["form"] ?? "", this.box.dataset["uploadField"] ?? "", file, file.name, (share) => {
        bar.value = share;
      });
      row.dataset["id"] = stored.id;
      bar.remove();
      if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
        const image = h("img", { alt: "", width: 32, height: 32, src: URL.createObjectURL(file) });
        find(".file-i", row)?.replaceWith(image);
      }
      this.changed();
    } catch (error) {
      const retry = h("button", { type: "button", class: "btn sm" }, t("retry"));
      retry.addEventListener("click", () => {
        row.remove();
        void this.send(file);
      });
      bar.remove();
      size.replaceWith(h("span", { class: "is-bad t12", role: "alert" }, error instanceof Error ? error.message : t("failed", { status: "" })), retry);
    } finally {
      this.waiting -= 1;
    }
  }

  private ids(): string[] {
    return all("li[data-id]", this.list).map((row) => row.dataset["id"] ?? "");
  }

  read(): Reading {
    if (this.waiting > 0) return { fault: t("files.uploading") };
    const ids = this.ids();
    return { value: ids.length > 0 ? ids : null };
  }

  keep(): Json {
    return all("li[data-id]", this.list).map((row) => ({ id: row.dataset["id"] ?? "", name: find(".grow", row)?.textContent ?? "" }));
  }

  restore(kept: Json): void {
    if (!Array.isArray(kept)) return;
    const known = new Set(this.ids());
    for (const item of kept) {
      if (item && typeof item === "object" && "id" in item && !known.has(String(item["id"]))) {
        const name = String(item["name"] ?? item["id"]);
        this.row(new File([], name)).dataset["id"] = String(item["id"]);
      }
    }
  }

  type(): void {
    // Text is no file.
  }
}

/** A signature: drawn with finger, pen or mouse; uploaded when the record is read. */
export class SignatureControl extends BaseControl {
  private readonly box: HTMLElement;
  private readonly pad: HTMLCanvasElement | null;
  private id: string | null;
  private drawing = false;
  private stroked = false;
  private sending = false;

  constructor(host: HTMLElement) {
    super(host);
    const box = find(".signature", host);
    if (!box) throw new Error(`no signature in ${this.path}`);
    this.box = box;
    this.pad = find<HTMLCanvasElement>("canvas", box);
    this.id = box.dataset["file"] ?? null;
    find("[data-clear]", box)?.addEventListener("click", () => this.clear());
    if (this.pad) this.draw(this.pad);
  }

  private draw(pad: HTMLCanvasElement): void {
    const pen = pad.getContext("2d");
    if (!pen) return;
    const place = (event: PointerEvent) => {
      const area = pad.getBoundingClientRect();
      return [((event.clientX - area.left) * pad.width) / area.width, ((event.clientY - area.top) * pad.height) / area.height] as const;
    };
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      this.drawing = true;
      pen.lineWidth = 2.5;
      pen.lineCap = "round";
      pen.lineJoin = "round";
      pen.strokeStyle = "#181d28";
      pen.beginPath();
      pen.moveTo(...place(event));
    });
    pad.addEventListener("pointermove", (event) => {
      if (!this.drawing) return;
      pen.lineTo(...place(event));
      pen.stroke();
      this.stroked = true;
    });
    pad.addEventListener("pointerup", () => {
      this.drawing = false;
      if (this.stroked) void this.send(pad);
    });
  }

  private async send(pad: HTMLCanvasElement): Promise<void> {
    const blob = await new Promise<Blob | null>((resolve) => pad.toBlob(resolve, "image/png"));
    if (!blob) return;
    this.sending = true;
    try {
      const stored = await upload(this.box.dataset["form"] ?? "", this.box.dataset["uploadField"] ?? "", blob, "signature.png", () => {});
      this.id = stored.id;
      this.changed();
    } catch (error) {
      this.host.dispatchEvent(new CustomEvent("fw-fault", { bubbles: true, detail: error instanceof Error ? error.message : "" }));
    } finally {
      this.sending = false;
    }
  }

  private clear(): void {
    this.id = null;
    this.stroked = false;
    find("img", this.box)?.remove();
    if (this.pad) {
      this.pad.hidden = false;
      this.pad.getContext("2d")?.clearRect(0, 0, this.pad.width, this.pad.height);
    }
    this.changed();
  }

  read(): Reading {
    return this.sending ? { fault: t("files.uploading") } : { value: this.id };
  }

  keep(): Json {
    return this.id;
  }

  restore(kept: Json): void {
    if (typeof kept === "string") this.id = kept;
  }

  type(): void {
    // Text is no signature.
  }
}
