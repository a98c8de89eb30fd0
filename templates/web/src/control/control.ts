// The plain controls: text, number, day, moment, time, length of time, yes or no, choice, JSON, place.

import { find, locale } from "../base/dom.ts";
import { Exact, type Json } from "../base/json.ts";
import { t } from "../base/text.ts";
import { readDay, readDuration, readMoment, toLocal } from "../read/date.ts";
import { withScheme } from "../read/address.ts";
import { readNumber, showNumber } from "../read/number.ts";
import { FilesControl, SignatureControl } from "./files.ts";
import { BaseControl, type Control, type Reading, type Setting } from "./part.ts";
import { PickerControl } from "./picker.ts";
import { StepsControl } from "./steps.ts";

/** Finds out what a `data-control` element is and wires it. Elements that are only shown give `null`. */
export function attach(host: HTMLElement, setting: Setting): Control | null {
  switch (host.dataset["control"]) {
    case "text":
    case "long_text":
    case "scan":
      return new TextControl(host);
    case "number":
      return new NumberControl(host);
    case "boolean":
      return new SwitchControl(host);
    case "date":
    case "datetime":
      return new DayControl(host, setting);
    case "time":
      return new TextControl(host);
    case "duration":
      return new DurationControl(host);
    case "choice":
    case "status":
      if (find(".steps", host)) return new StepsControl(host);
      return find("select", host) ? new TextControl(host) : new PickerControl(host);
    case "choices":
    case "tags":
    case "picker":
      return new PickerControl(host);
    case "files":
      return new FilesControl(host);
    case "signature":
      return new SignatureControl(host);
    case "location":
      return new PlaceControl(host);
    case "json":
      return new JsonControl(host);
    default:
      return null;
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A control that is one text field. */
export abstract class FieldControl extends BaseControl {
  readonly field: Field;

  constructor(host: HTMLElement) {
    super(host);
    const field = find<Field>("input:not(.native), textarea, select", host);
    if (!field) throw new Error(`no field in ${this.path}`);
    this.field = field;
    field.addEventListener("input", () => this.changed());
    field.addEventListener("change", () => this.changed());
  }

  keep(): Json {
    return this.field.value;
  }

  restore(kept: Json): void {
    if (typeof kept === "string") this.field.value = kept;
  }

  type(text: string): void {
    this.field.value = text;
    this.field.dispatchEvent(new Event("blur"));
    this.changed();
  }

  override put(value: Json): void {
    this.field.value = typeof value === "string" ? value : "";
  }

  override focus(): void {
    this.field.focus();
  }
}

class TextControl extends FieldControl {
  private readonly isAddress = this.field.inputMode === "url";

  constructor(host: HTMLElement) {
    super(host);
    if (this.isAddress) {
      this.field.addEventListener("blur", () => {
        const whole = withScheme(this.field.value);
        if (whole !== this.field.value.trim()) this.field.value = whole;
      });
    }
  }

  read(): Reading {
    const typed = this.field instanceof HTMLTextAreaElement ? this.field.value : this.field.value.trim();
    const text = this.isAddress ? withScheme(typed) : typed;
    return { value: text === "" ? null : text };
  }

  override type(text: string): void {
    if (this.field instanceof HTMLSelectElement) {
      const wanted = text.trim().toLowerCase();
      const option = [...this.field.options].find((one) => one.value.toLowerCase() === wanted || one.text.trim().toLowerCase() === wanted);
      if (option) this.field.value = option.value;
      this.changed();
    } else super.type(text);
  }

  override narrow(values: string[] | null): void {
    if (!(this.field instanceof HTMLSelectElement)) return;
    for (const option of this.field.options) {
      const isLeft = values === null || option.value === "" || values.includes(option.value);
      option.hidden = !isLeft;
      option.disabled = !isLeft && !option.selected;
    }
  }
}

/** Numbers: exact text, read in the reader's way, shown as read on leaving. */
export class NumberControl extends FieldControl {
  private readonly scale = Number(this.host.dataset["scale"] ?? "0");
  private readonly percent = "percent" in this.host.dataset;
  /** What stands there untouched; its exact value lies beside it. */
  private first = this.field.value;
  private readonly decimals = (this.first.split(".")[1] ?? "").replace(/\D/g, "").length;

  constructor(host: HTMLElement) {
    super(host);
    this.field.addEventListener("blur", () => {
      const reading = this.reading();
      if ("value" in reading && this.field.value !== this.first) this.field.value = showNumber(reading.value, this.percent, Math.min(this.decimals, this.scale));
    });
  }

  override put(value: Json): void {
    const exact = value instanceof Exact ? value.text : "";
    this.field.dataset["exact"] = exact;
    this.field.value = exact && showNumber(exact, this.percent, Math.min(this.decimals, this.scale));
    this.first = this.field.value;
  }

  /** The exact value as text. */
  exact(): string {
    const reading = this.reading();
    return "value" in reading ? reading.value : "";
  }

  private reading(): ReturnType<typeof readNumber> {
    if (this.field.value === this.first) return { value: this.field.dataset["exact"] ?? "" };
    return readNumber(this.field.value, { scale: this.scale, percent: this.percent });
  }

  read(): Reading {
    const reading = this.reading();
    if ("value" in reading) return { value: reading.value === "" ? null : new Exact(reading.value) };
    if (reading.fault === "two_readings") return { fault: t("number.two_readings", { a: reading.options[0] ?? "", b: reading.options[1] ?? "" }) };
    if (reading.fault === "too_many_decimals") return { fault: t("number.too_many_decimals", { count: this.percent ? Math.max(this.scale - 2, 0) : this.scale }) };
    if (reading.fault === "too_large") return { fault: t("number.too_large") };
    return { fault: t("number.not_a_number") };
  }
}

class SwitchControl extends BaseControl {
  private readonly box: HTMLInputElement;
  private touched: boolean;

  constructor(host: HTMLElement) {
    super(host);
    const box = find<HTMLInputElement>("input", host);
    if (!box) throw new Error(`no switch in ${this.path}`);
    this.box = box;
    this.touched = !("unset" in box.dataset);
    box.addEventListener("change", () => {
      this.touched = true;
      this.changed();
    });
  }

  read(): Reading {
    return { value: this.touched || this.box.checked || this.required ? this.box.checked : null };
  }

  keep(): Json {
    return this.touched ? this.box.checked : null;
  }

  restore(kept: Json): void {
    if (typeof kept === "boolean") {
      this.box.checked = kept;
      this.touched = true;
    }
  }

  override put(value: Json): void {
    this.box.checked = value === true;
    this.touched = value !== null;
  }

  type(text: string): void {
    this.restore(/^(1|y|yes|true|x|✓|是|对)$/i.test(text.trim()));
    this.changed();
  }
}

/** Days and moments: typed text, with the device's own picker behind a button. */
class DayControl extends FieldControl {
  private readonly moment = this.host.dataset["control"] === "datetime";
  private first = this.field.value;

  constructor(
    host: HTMLElement,
    private readonly setting: Setting,
  ) {
    super(host);
    this.field.addEventListener("blur", () => {
      const reading = this.reading();
      if ("value" in reading && reading.value && this.field.value !== this.first) this.field.value = this.moment ? toLocal(reading.value, setting.zone) : reading.value;
    });
    const native = find<HTMLInputElement>(".native", host);
    find("[data-pick]", host)?.addEventListener("click", () => {
      if (!native) return;
      const reading = this.reading();
      if ("value" in reading) native.value = this.moment && reading.value ? toLocal(reading.value, setting.zone).replace(" ", "T") : reading.value;
      if (typeof native.showPicker === "function") native.showPicker();
      else native.click();
    });
    native?.addEventListener("change", () => {
      this.field.value = native.value.replace("T", " ");
      this.changed();
      this.field.focus();
    });
  }

  override put(value: Json): void {
    const text = typeof value === "string" ? value : "";
    this.field.dataset["exact"] = text;
    this.field.value = this.moment && text ? toLocal(text, this.setting.zone) : text;
    this.first = this.field.value;
  }

  private reading(): ReturnType<typeof readDay> {
    if (this.moment && this.field.value === this.first) return { value: this.field.dataset["exact"] ?? "" };
    const monthFirst = locale().startsWith("zh");
    return this.moment ? readMoment(this.field.value, this.setting.today, this.setting.zone, monthFirst) : readDay(this.field.value, this.setting.today, monthFirst);
  }

  read(): Reading {
    const reading = this.reading();
    if ("value" in reading) return { value: reading.value === "" ? null : reading.value };
    if (reading.fault === "two_days") return { fault: t("date.two_days", { a: reading.options[0] ?? "", b: reading.options[1] ?? "" }) };
    return { fault: t("date.not_a_day") };
  }
}

class DurationControl extends FieldControl {
  private readonly first = this.field.value;

  read(): Reading {
    if (this.field.value === this.first) return { value: this.field.dataset["exact"] || null };
    const value = readDuration(this.field.value);
    return value === null ? { fault: t("duration.unknown") } : { value: value || null };
  }
}

class JsonControl extends FieldControl {
  read(): Reading {
    const text = this.field.value.trim();
    if (text === "") return { value: null };
    try {
      JSON.parse(text);
      return { value: new Exact(text) };
    } catch (error) {
      return { fault: t("json.bad", { reason: error instanceof Error ? error.message : "" }) };
    }
  }
}

/** A place: two figures, or the device's own position. */
class PlaceControl extends BaseControl {
  private readonly latitude = find<HTMLInputElement>("[data-lat]", this.host);
  private readonly longitude = find<HTMLInputElement>("[data-lng]", this.host);

  constructor(host: HTMLElement) {
    super(host);
    for (const input of [this.latitude, this.longitude]) input?.addEventListener("input", () => this.changed());
    const button = find<HTMLButtonElement>("[data-locate]", host);
    if (!button) return;
    button.hidden = !("geolocation" in navigator);
    button.addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          this.place(coords.latitude.toFixed(6), coords.longitude.toFixed(6));
          this.changed();
        },
        () => button.setAttribute("title", t("location.refused")),
        { enableHighAccuracy: true, timeout: 10_000 },
      );
    });
  }

  private place(latitude: string, longitude: string): void {
    if (this.latitude) this.latitude.value = latitude;
    if (this.longitude) this.longitude.value = longitude;
  }

  read(): Reading {
    const texts = [this.latitude?.value.trim() ?? "", this.longitude?.value.trim() ?? ""];
    if (texts.every((text) => text === "")) return { value: null };
    const [lat, lng] = texts.map((text) => readNumber(text, { scale: 9, percent: false }));
    if (!lat || !lng || !("value" in lat) || !("value" in lng) || !lat.value || !lng.value) return { fault: t("location.bad") };
    if (Math.abs(Number(lat.value)) > 90 || Math.abs(Number(lng.value)) > 180) return { fault: t("location.bad") };
    return { value: { lat: new Exact(lat.value), lng: new Exact(lng.value) } };
  }

  keep(): Json {
    return [this.latitude?.value ?? "", this.longitude?.value ?? ""];
  }

  restore(kept: Json): void {
    if (Array.isArray(kept)) this.place(String(kept[0] ?? ""), String(kept[1] ?? ""));
  }

  type(text: string): void {
    const [latitude = "", longitude = ""] = text.split(/[,;\s]+/);
    this.place(latitude, longitude);
    this.changed();
  }
}
