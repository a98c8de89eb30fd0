// What the API says of a file and of the job that imports it.

export interface Field {
  path: string;
  title: string;
  required: boolean;
  type: string | null;
  link?: { create: boolean };
}

export interface Column {
  header: string;
  field: string | null;
  hidden: boolean;
  samples: string[];
}

/** How unclear cells are read, as the mapping has it. */
export interface Options {
  default_year?: number | null;
  default_currency?: string | null;
  day_first?: boolean | null;
  on_duplicate?: "refuse" | "merge";
  encoding?: string | null;
  delimiter?: string | null;
}

export type Missing = "fault" | "create" | "empty";

export interface Preview {
  sheets: string[];
  hidden_sheets: string[];
  sheet?: string;
  header_row: number;
  columns: Column[];
  fields: Field[];
  tables: { field: string; title: string; sheet: string | null; rows: number }[];
  encoding?: string | null;
  delimiter?: string | null;
  rows: number;
  duplicates: boolean;
  last: { used: boolean; options: Options; links: Record<string, { by?: string[]; missing?: Missing }> } | null;
}

export interface Told {
  sheet?: string;
  row: number;
  field: string;
  code: string;
  message: string;
}

export interface Summary {
  rows: number;
  unchanged: number;
  refused: number;
  merged: number;
  child_rows: number;
  skipped: { blank: number[]; totals: number[]; header: number[] };
  hidden_rows: number[];
  hidden_sheets: string[];
  ignored_columns: string[];
}

export interface Job {
  id: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  /** Records that were made and changed. */
  created: number | null;
  updated: number | null;
  faults: Told[];
  warnings: Told[];
  result: { merged?: number; skipped?: number; message?: string; file?: string | null } | null;
  summary: Summary | null;
}
