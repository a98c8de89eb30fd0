// Days, moments and lengths of time as people type them.

/** An ISO day, or what is wrong: `two` holds both readings of a day that has two. */
export type DayReading = { value: string } | { fault: "not_a_day" | "two_days"; options: string[] };

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WORDS: Record<string, number> = { today: 0, tomorrow: 1, yesterday: -1, 今天: 0, 今日: 0, 明天: 1, 明日: 1, 后天: 2, 昨天: -1, 前天: -2 };

/** An ISO day of numbers, if there is such a day. */
function iso(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  if (year < 1000 || year > 9999 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}

/** Adds days to an ISO day. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** Reads a day: `2026-11-24`, `11-24`, `24/11`, `11月24日`, `24 Nov`, `tomorrow`, `+30`. `today` is an ISO day. */
export function readDay(text: string, today: string, monthFirst: boolean): DayReading {
  const rest = text.normalize("NFKC").trim().toLowerCase();
  if (rest === "") return { value: "" };
  const made = (value: string | null): DayReading => (value ? { value } : { fault: "not_a_day", options: [] });
  const word = WORDS[rest];
  if (word !== undefined) return { value: addDays(today, word) };
  const relative = /^([+-])\s*(\d{1,4})(?:\s*(?:天|日|d|days?))?$/.exec(rest);
  if (relative) return { value: addDays(today, Number(relative[2]) * (relative[1] === "-" ? -1 : 1)) };
  const year = Number(today.slice(0, 4));
  let parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:$|[t ].*)/.exec(rest);
  if (parts) return made(iso(Number(parts[1]), Number(parts[2]), Number(parts[3])));
  parts = /^(\d{4})(\d{2})(\d{2})$/.exec(rest);
  if (parts) return made(iso(Number(parts[1]), Number(parts[2]), Number(parts[3])));
  parts = /^(\d{1,2})(?:-|月)(\d{1,2})日?$/.exec(rest);
  if (parts) return made(iso(year, Number(parts[1]), Number(parts[2])));
  parts = /^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?$/.exec(rest);
  if (parts) {
    const [a, b, y] = [Number(parts[1]), Number(parts[2]), parts[3] ? Number(parts[3]) : year];
    const readings = [iso(y, a, b), iso(y, b, a)].filter((reading): reading is string => reading !== null);
    const [first, second] = readings;
    if (!first) return made(null);
    if (!second || first === second) return { value: first };
    return monthFirst ? { value: first } : { fault: "two_days", options: [first, second] };
  }
  parts = /^(?:(\d{1,2})\.?\s+([a-z]{3})[a-z]*|([a-z]{3})[a-z]*\s+(\d{1,2}))\.?,?(?:\s+(\d{4}))?$/.exec(rest);
  if (parts) {
    const month = MONTHS.indexOf(parts[2] ?? parts[3] ?? "") + 1;
    return made(month ? iso(parts[5] ? Number(parts[5]) : year, month, Number(parts[1] ?? parts[4])) : null);
  }
  return made(null);
}

/** Reads a time of day as `hh:mm`; null when it is none. */
export function readTime(text: string): string | null {
  const parts = /^(\d{1,2})(?:[:.点时](\d{2})?分?|(\d{2}))?\s*(am|pm)?$/.exec(text.normalize("NFKC").trim().toLowerCase());
  if (!parts) return null;
  let hour = Number(parts[1]);
  const minute = Number(parts[2] ?? parts[3] ?? 0);
  if (parts[4] && (hour < 1 || hour > 12)) return null;
  if (parts[4]) hour = (hour % 12) + (parts[4] === "pm" ? 12 : 0);
  return hour < 24 && minute < 60 ? `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` : null;
}

/** Minutes by which a zone is ahead of UTC at a moment. */
function offset(zone: string, moment: number): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, Number(part.value)]));
  const local = Date.UTC(parts["year"] ?? 0, (parts["month"] ?? 1) - 1, parts["day"] ?? 1, parts["hour"] ?? 0, parts["minute"] ?? 0, parts["second"] ?? 0);
  return Math.round((local - moment) / 60_000);
}

/** A local time of a zone as a moment in UTC (`2026-11-24T07:00:00Z`). */
export function toUtc(day: string, time: string, zone: string): string {
  const local = Date.parse(`${day}T${time}:00Z`);
  const first = local - offset(zone, local) * 60_000;
  const moment = local - offset(zone, first) * 60_000;
  return new Date(moment).toISOString().replace(".000Z", "Z");
}

/** A moment as the local time of a zone (`2026-11-24 15:00`). */
export function toLocal(moment: string, zone: string): string {
  const utc = Date.parse(moment);
  if (Number.isNaN(utc)) return moment;
  return new Date(utc + offset(zone, utc) * 60_000).toISOString().slice(0, 16).replace("T", " ");
}

/** Reads a day with a time as a moment in UTC; a day alone means midnight. */
export function readMoment(text: string, today: string, zone: string, monthFirst: boolean): DayReading {
  const rest = text.normalize("NFKC").trim();
  if (rest === "") return { value: "" };
  const split = /^(.*?)[\sT]+(\d{1,2}(?:[:.点时]\d{0,2}分?|\d{2})?\s*(?:am|pm)?)$/i.exec(rest);
  const day = readDay(split?.[1] ?? rest, today, monthFirst);
  if ("fault" in day) {
    const alone = readTime(rest);
    return alone ? { value: toUtc(today, alone, zone) } : day;
  }
  const time = split ? readTime(split[2] ?? "") : "00:00";
  return time ? { value: toUtc(day.value, time, zone) } : { fault: "not_a_day", options: [] };
}

/** Reads a length of time as ISO 8601: `1h30`, `1:30`, `90 min`, `1 小时 30 分`; null when it is none. */
export function readDuration(text: string): string | null {
  const rest = text.normalize("NFKC").trim().toLowerCase();
  if (rest === "") return "";
  if (/^p(?=.)(?:[\d.]+[ymwd])*(?:t(?:[\d.]+[hms])+)?$/.test(rest)) return rest.toUpperCase();
  const clock = /^(\d+):(\d{2})$/.exec(rest);
  if (clock) return make(0, Number(clock[1]), Number(clock[2]), 0);
  const parts = /^(?:(\d+)\s*(?:d|days?|天|日))?\s*(?:(\d+)\s*(?:h|hrs?|hours?|个?小时|时))?\s*(?:(\d+)\s*(?:m|min|mins|minutes?|分钟|分)?)?\s*(?:(\d+)\s*(?:s|sec|secs|seconds?|秒))?$/.exec(rest);
  if (!parts || !parts.slice(1).some(Boolean)) return null;
  return make(Number(parts[1] ?? 0), Number(parts[2] ?? 0), Number(parts[3] ?? 0), Number(parts[4] ?? 0));
}

function make(days: number, hours: number, minutes: number, seconds: number): string {
  const time = `${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${seconds ? `${seconds}S` : ""}`;
  if (!days && !time) return "PT0S";
  return `P${days ? `${days}D` : ""}${time ? `T${time}` : ""}`;
}
