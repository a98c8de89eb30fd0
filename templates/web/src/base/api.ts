// Calls of the API. A session that ended is renewed in place, and who must prove once more who he is does so; then the call is repeated,
// so nothing typed is lost.

import { meta, url } from "./dom.ts";
import { type Json, readExact, toJson } from "./json.ts";
import { signInAgain, stepUp } from "./session.ts";
import { t } from "./text.ts";

export interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  errors?: { field: string; code?: string; message: string; definition?: { kind: string; app?: string; name: string } }[];
  /** Of a conflict: who saved last, and the fields changed since the version that was sent. */
  changed_by?: { id: string; name: string };
  changed_fields?: string[];
}

export interface Answer {
  status: number;
  ok: boolean;
  // biome-ignore lint: answers of many shapes
  body: any;
}

export interface Options {
  json?: Json;
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Numbers of the answer come as exact texts. */
  exact?: boolean;
}

/** Calls `path` (below the base path, or with it already in front). Status 0 means the server was not reached. */
export async function call(method: string, path: string, options: Options = {}): Promise<Answer> {
  const answer = await once(method, path, options);
  if (!meta("login")) return answer;
  const ended = answer.body?.code === "unauthenticated" && (await signInAgain());
  const next = ended ? await once(method, path, options) : answer;
  if (next.body?.code === "step_up_required" && (await stepUp(next.body.ways ?? []))) return once(method, path, options);
  return next;
}

async function once(method: string, path: string, options: Options): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...options.headers };
  if (method !== "GET") headers["X-CSRF-Token"] = meta("csrf");
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  const body = options.form ?? (options.json === undefined ? null : toJson(options.json));
  const base = meta("base");
  const address = base && path.startsWith(`${base}/`) ? path : url(path);
  try {
    const response = await fetch(address, { method, headers, body, credentials: "same-origin", ...(options.signal ? { signal: options.signal } : {}) });
    const text = await response.text();
    let parsed: unknown = null;
    try {
      parsed = text ? (options.exact ? readExact(text) : JSON.parse(text)) : null;
    } catch {
      parsed = null;
    }
    return { status: response.status, ok: response.ok, body: parsed };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    return { status: 0, ok: false, body: null };
  }
}

/** One sentence that says why a call failed. */
export function reason(answer: Answer): string {
  if (answer.status === 0) return t("offline");
  const problem = answer.body as Problem | null;
  const faults = problem?.errors?.map((fault) => fault.message).filter(Boolean) ?? [];
  if (faults.length > 0) return faults.slice(0, 3).join(" ");
  return problem?.detail ?? problem?.title ?? t("failed", { status: answer.status });
}

/** A key that makes a POST safe to repeat. */
export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
