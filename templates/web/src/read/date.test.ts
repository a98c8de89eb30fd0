import assert from "node:assert/strict";
import { test } from "node:test";
import { readDay, readDuration, readMoment, readTime, toLocal, toUtc } from "./date.ts";

const today = "2026-11-24";
const read = (text: string, monthFirst = false) => {
  const reading = readDay(text, today, monthFirst);
  return "value" in reading ? reading.value : reading.fault;
};

test("days are read as people write them", () => {
  const cases: [string, string][] = [
    ["", ""], ["2026-11-24", "2026-11-24"], ["2026/1/5", "2026-01-05"], ["2026年1月5日", "2026-01-05"], ["20260105", "2026-01-05"], ["11-24", "2026-11-24"], ["1月5日", "2026-01-05"],
    ["24/11", "2026-11-24"], ["24.11.2027", "2027-11-24"], ["今天", today], ["tomorrow", "2026-11-25"], ["后天", "2026-11-26"], ["+30", "2026-12-24"], ["-7", "2026-11-17"], ["+3天", "2026-11-27"],
    ["24 Nov 2026", "2026-11-24"], ["Nov 24", "2026-11-24"], ["２０２６-１１-２４", "2026-11-24"],
  ];
  for (const [text, value] of cases) assert.equal(read(text), value, text);
});

test("a day that does not exist, or has two readings, is a fault", () => {
  assert.equal(read("2026-02-30"), "not_a_day");
  assert.equal(read("soon"), "not_a_day");
  assert.equal(read("3/4"), "two_days");
  assert.equal(read("3/4", true), "2026-03-04");
  assert.deepEqual(readDay("3/4", today, false), { fault: "two_days", options: ["2026-03-04", "2026-04-03"] });
});

test("times are read on both clocks", () => {
  const cases: [string, string | null][] = [["15:00", "15:00"], ["3pm", "15:00"], ["12 am", "00:00"], ["0930", "09:30"], ["9", "09:00"], ["25:00", null], ["9:75", null], ["13pm", null], ["15点30分", "15:30"]];
  for (const [text, value] of cases) assert.equal(readTime(text), value, text);
});

test("moments are local times of a zone, also across a change of the clock", () => {
  assert.equal(toUtc("2026-11-24", "15:00", "Asia/Shanghai"), "2026-11-24T07:00:00Z");
  assert.equal(toUtc("2026-03-29", "12:00", "Europe/Berlin"), "2026-03-29T10:00:00Z");
  assert.equal(toUtc("2026-03-28", "12:00", "Europe/Berlin"), "2026-03-28T11:00:00Z");
  assert.equal(toLocal("2026-11-24T07:00:00Z", "Asia/Shanghai"), "2026-11-24 15:00");
  assert.deepEqual(readMoment("tomorrow 15:00", today, "Asia/Shanghai", true), { value: "2026-11-25T07:00:00Z" });
  assert.deepEqual(readMoment("2026-11-24 15:00", today, "UTC", true), { value: "2026-11-24T15:00:00Z" });
  assert.deepEqual(readMoment("2026-11-24", today, "Asia/Shanghai", true), { value: "2026-11-23T16:00:00Z" });
});

test("lengths of time become ISO 8601", () => {
  const cases: [string, string | null][] = [["1h30", "PT1H30M"], ["1 h 30 min", "PT1H30M"], ["1:30", "PT1H30M"], ["90", "PT90M"], ["2d", "P2D"], ["1 小时 30 分钟", "PT1H30M"], ["PT1H", "PT1H"], ["", ""], ["long", null], ["0", "PT0S"]];
  for (const [text, value] of cases) assert.equal(readDuration(text), value, text);
});
