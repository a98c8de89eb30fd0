// Small helpers to find and make elements. Text always goes in as text, never as HTML.
import { isInComposition } from "./key.ts";

type Child = Node | string | number | null | undefined | false;
type Properties = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** Makes an element: `h("button", { class: "btn", type: "button", onclick: run }, "Go")`. `true` sets an empty attribute, `false` leaves it out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(typeof child === "number" ? String(child) : child);
  return element;
}

const NAMESPACE = "http://www.w3.org/2000/svg";

/** An icon of the sprite. The sprite's address is taken from any icon the server has drawn. */
export function icon(name: string, size?: "s" | "l"): SVGElement {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("class", size ? `ic ${size}` : "ic");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(NAMESPACE, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  svg.append(use);
  return svg;
}

function sprite(): string {
  return document.querySelector("svg.ic use")?.getAttribute("href")?.split("#")[0] ?? "";
}

/** The first match inside `root`. */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

/** All matches inside `root`. */
export function all<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** Content of a `<meta name="fw-…">`. */
export function meta(name: string): string {
  return find<HTMLMetaElement>(`meta[name="fw-${name}"]`)?.content ?? "";
}

/** Sets the content of a `<meta name="fw-…">`. */
export function setMeta(name: string, content: string): void {
  const element = find<HTMLMetaElement>(`meta[name="fw-${name}"]`);
  if (element) element.content = content;
}

/** A path of the application with the base path in front. */
export function url(path: string): string {
  return meta("base") + path;
}

/** The language of the page. */
export function locale(): string {
  return document.documentElement.lang;
}

/** Keeps a choice in a cookie that the server reads. */
export function setCookie(name: string, value: string): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=${meta("base") || "/"}; Max-Age=31536000; SameSite=Lax${secure}`;
}

/** Says something to screen readers. */
export function announce(text: string): void {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

/** Shows that a button works on something; gives back the function that ends it. The width stays. */
export function busy(button: HTMLElement): () => void {
  button.style.minWidth = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  const svg = find<SVGElement>("svg", button);
  const spinner = h("span", { class: "spin" });
  if (svg) svg.replaceWith(spinner);
  else button.prepend(spinner);
  return () => {
    button.removeAttribute("aria-busy");
    button.style.minWidth = "";
    if (svg) spinner.replaceWith(svg);
    else spinner.remove();
  };
}

/** Waits after the last call, and for the end of a word that is being composed. */
export function debounce<A extends unknown[]>(wait: number, run: (...values: A) => void): (...values: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...values) => {
    clearTimeout(timer);
    const fire = (): void => {
      if (isInComposition()) timer = setTimeout(fire, wait);
      else run(...values);
    };
    timer = setTimeout(fire, wait);
  };
}
