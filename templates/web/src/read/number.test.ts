import assert from "node:assert/strict";
import { test } from "node:test";
import { addNumbers, readNumber, shift, showNumber } from "./number.ts";

const read = (text: string, scale = 2, percent = false) => {
  const reading = readNumber(text, { scale, percent });
  return "value" in reading ? reading.value : reading;
};

test("figures are read as people write them", () => {
  const cases: [string, string][] = [
    ["", ""], ["0", "0"], ["12", "12"], ["1234.5", "1234.5"], ["1,234.5", "1234.5"], ["1,234", "1234"], ["1,234,567", "1234567"], ["1.5", "1.5"], [".5", "0.5"], ["5.", "5"],
    ["1.234.567,89", "1234567.89"], ["１２３", "123"], ["１，２３４．５", "1234.5"], [" 1 234.50 ", "1234.5"], ["1'234", "1234"], ["USD 12", "12"], ["$1,000", "1000"], ["12元", "12"], ["¥12", "12"],
    ["-5", "-5"], ["−5", "-5"], ["(5.25)", "-5.25"], ["-$5", "-5"], ["48.6万", "486000"], ["1.2亿", "120000000"], ["3k", "3000"], ["2.5M", "2500000"], ["-0", "0"], ["12.50", "12.5"],
  ];
  for (const [text, value] of cases) assert.equal(read(text), value, text);
});

test("what has two readings is a fault that offers both", () => {
  assert.deepEqual(read("1,23"), { fault: "two_readings", options: ["1.23", "123"] });
  assert.deepEqual(read("-1,2345", 4), { fault: "two_readings", options: ["-1.2345", "-12345"] });
  assert.deepEqual(read("0,5"), { fault: "two_readings", options: ["0.5", "5"] });
});

test("what is no number is a fault", () => {
  for (const text of ["abc", "1,2,3", "1.2.3", "1,23.4", "--", "12x", "1e5", "."]) assert.deepEqual(read(text), { fault: "not_a_number", options: [] }, text);
});

test("decimals and digits beyond the field's are faults, never rounded", () => {
  assert.deepEqual(read("1.234"), { fault: "too_many_decimals", options: [] });
  assert.equal(read("1.230"), "1.23");
  assert.deepEqual(read("1234567890123456789"), { fault: "too_large", options: [] });
  assert.equal(read("123456789012345678", 0), "123456789012345678");
});

test("a percent field reads its figure as hundredths, another field only with the sign", () => {
  assert.equal(read("5", 4, true), "0.05");
  assert.equal(read("5%", 4, true), "0.05");
  assert.equal(read("12.34", 4, true), "0.1234");
  assert.equal(read("5%", 2), "0.05");
});

test("what is shown can be typed back", () => {
  for (const value of ["0", "1234.5", "-1234567.89", "0.05", "999", "1000"]) {
    assert.equal(read(showNumber(value)), value);
    assert.equal(read(showNumber(value, true), 4, true), value);
  }
});

test("points move and sums add exactly", () => {
  assert.equal(shift("0.1", 1), "1");
  assert.equal(shift("5", -2), "0.05");
  assert.equal(addNumbers(["0.1", "0.2", "", "-1"]), "-0.7");
  assert.equal(addNumbers([]), "0");
});
