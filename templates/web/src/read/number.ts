// Numbers as people type them, read exactly. English and Chinese readers write `1,234.50`; what has two readings is a fault that offers both.

/** How a number field reads. */
export interface NumberRule {
  /** Most decimals of the value. */
  scale: number;
  /** What is typed is a hundred times the value. */
  percent: boolean;
}

/** The exact value, or what is wrong with the text. `options` are texts that would be read. */
export type NumberReading = { value: string } | { fault: "not_a_number" | "two_readings" | "too_many_decimals" | "too_large"; options: string[] };

const UNITS: [RegExp, number][] = [
  [/万亿$/, 12],
  [/亿$/, 8],
  [/千万$/, 7],
  [/百万$/, 6],
  [/万$/, 4],
  [/千$/, 3],
  [/k$/i, 3],
  [/bn$/i, 9],
  [/m$/i, 6],
];
const MONEY = /^(?:usd|eur|cny|rmb|gbp|jpy|hkd|us\$|hk\$|[$€£¥₹₩])|(?:usd|eur|cny|rmb|gbp|jpy|hkd|美元|人民币|欧元|元|[$€£¥₹₩])$/gi;

/** Reads a text. An empty one gives the empty value. */
export function readNumber(text: string, rule: NumberRule): NumberReading {
  let rest = text.normalize("NFKC").replace(/[\s\u00a0\u202f']/g, "").replace(/[\u2212\u2013\u2012]/g, "-");
  if (rest === "") return { value: "" };
  const bad: NumberReading = { fault: "not_a_number", options: [] };
  let negative = false;
  const bracket = /^\((.*)\)$/.exec(rest);
  if (bracket) {
    negative = true;
    rest = bracket[1] ?? "";
  }
  const sign = () => {
    const found = /^[+-]/.exec(rest);
    if (found) {
      if (found[0] === "-") negative = !negative;
      rest = rest.slice(1);
    }
  };
  sign();
  rest = rest.replace(MONEY, "");
  sign();
  let power = rule.percent ? -2 : 0;
  if (rest.endsWith("%")) {
    rest = rest.slice(0, -1);
    power = -2;
  }
  for (const [unit, zeros] of UNITS) {
    if (unit.test(rest)) {
      rest = rest.replace(unit, "");
      power += zeros;
      break;
    }
  }
  rest = rest.replace(MONEY, "");
  const plain = separate(rest);
  if (plain === null) return bad;
  if (Array.isArray(plain)) return { fault: "two_readings", options: plain.map((option) => (negative ? `-${option}` : option)) };
  const value = shift((negative ? "-" : "") + plain, power);
  const [whole = "", fraction = ""] = value.replace("-", "").split(".");
  if (fraction.length > rule.scale) return { fault: "too_many_decimals", options: [] };
  if (whole.replace(/^0+/, "").length + rule.scale > 18 + rule.scale || whole.length + fraction.length > 19) return { fault: "too_large", options: [] };
  return { value };
}

/** Digits with separators as plain text; an array when they can be read in two ways; null when in none. */
function separate(text: string): string | string[] | null {
  if (!/^[\d.,]*\d[\d.,]*$/.test(text)) return null;
  const commas = text.split(",").length - 1;
  const points = text.split(".").length - 1;
  if (commas === 0 && points <= 1) return text.startsWith(".") ? `0${text}` : text.replace(/\.$/, "");
  const grouped = (part: string, mark: string) => {
    const groups = part.split(mark);
    return /^\d{1,3}$/.test(groups[0] ?? "") && groups.slice(1).every((group) => /^\d{3}$/.test(group)) ? groups.join("") : null;
  };
  if (commas > 0 && points > 0) {
    const decimal = text.lastIndexOf(",") > text.lastIndexOf(".") ? "," : ".";
    const group = decimal === "," ? "." : ",";
    const [whole = "", fraction = "", ...more] = text.split(decimal);
    const joined = grouped(whole, group);
    return more.length === 0 && joined !== null && /^\d*$/.test(fraction) ? (fraction ? `${joined}.${fraction}` : joined) : null;
  }
  if (points > 1) return grouped(text, ".");
  const [whole = "", fraction = ""] = text.split(",");
  if (!/^0\d*,/.test(text)) {
    const joined = grouped(text, ",");
    if (joined !== null) return joined;
  }
  if (commas > 1 || !/^\d+$/.test(whole) || !/^\d+$/.test(fraction)) return null;
  return [`${whole}.${fraction}`, `${whole}${fraction}`.replace(/^0+(?=\d)/, "")];
}

/** Moves the decimal point: exact, zeros at the ends cut. */
export function shift(text: string, places: number): string {
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.replace(/^-/, "").split(".");
  let digits = whole + fraction;
  let point = whole.length + places;
  if (point < 0) {
    digits = "0".repeat(-point) + digits;
    point = 0;
  }
  if (point > digits.length) digits += "0".repeat(point - digits.length);
  const left = digits.slice(0, point).replace(/^0+/, "") || "0";
  const right = digits.slice(point).replace(/0+$/, "");
  const value = right ? `${left}.${right}` : left;
  return negative && value !== "0" ? `-${value}` : value;
}

/** An exact value as shown: separators, typographic minus, at least `decimals` decimals. */
export function showNumber(value: string, percent = false, decimals = 0): string {
  if (value === "") return "";
  const text = percent ? shift(value, 2) : value;
  const [whole = "", fraction = ""] = text.replace(/^-/, "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const padded = fraction.padEnd(decimals, "0");
  return (text.startsWith("-") ? "\u2212" : "") + (padded ? `${grouped}.${padded}` : grouped);
}

/** Exact sum of plain decimal texts; empty ones count as nothing. */
export function addNumbers(values: string[]): string {
  let scale = 0;
  for (const value of values) scale = Math.max(scale, (value.split(".")[1] ?? "").length);
  let sum = 0n;
  for (const value of values) if (value) sum += BigInt(shift(value, scale).split(".")[0] ?? "0");
  return shift(sum.toString(), -scale);
}
