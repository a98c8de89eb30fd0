//! Texts: parts, searching, replacing, letters. Characters are counted, never bytes.

use super::aggregate::like;
use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::{Call, MAX_TEXT};
use crate::expr::types::{BOOLEAN, NUMBER, PRINTABLE, TEXT};
use crate::expr::value::Value;
use crate::fold::fold;
use pinyin::ToPinyin;
use regex::RegexBuilder;

const fn text(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Text, Gives::Text, evaluate).takes(ONE)
}

const fn asks(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Text, Gives::Boolean, evaluate).takes(TWO)
}

const ONE: &[super::Param] = &[needs("text", Kind::One(TEXT))];
const TWO: &[super::Param] = &[needs("text", Kind::One(TEXT)), needs("part", Kind::One(TEXT))];
const SIDE: &[super::Param] = &[needs("text", Kind::One(TEXT)), may("count", Kind::One(NUMBER))];
const FIND: &[super::Param] =
    &[needs("part", Kind::One(TEXT)), needs("text", Kind::One(TEXT)), may("start", Kind::One(NUMBER))];
const PAD: &[super::Param] =
    &[needs("text", Kind::One(TEXT)), needs("length", Kind::One(NUMBER)), may("filler", Kind::One(TEXT))];

pub(super) static TABLE: &[Function] = &[
    text("CONCAT", |call| {
        let joined = call.all(0).iter().map(|v| call.print(v)).collect();
        call.made_text(joined)
    })
    .takes(&[])
    .repeats(&[needs("value", Kind::Any(PRINTABLE))])
    .says("Joins values as one text; empty ones are nothing.", "连接为一个文本；空值视为没有。")
    .shows(&[("CONCAT(t, \"-\", n)", "Linyi-7"), ("CONCAT(x, \"!\")", "!")]),
    text("TEXTJOIN", text_join)
        .takes(&[needs("separator", Kind::One(TEXT)), needs("skip_blank", Kind::One(BOOLEAN))])
        .repeats(&[needs("value", Kind::Any(PRINTABLE))])
        .says("Joins values with a separator, leaving blank ones out if asked to.", "用分隔符连接各值，可跳过空值。")
        .shows(&[("TEXTJOIN(\", \", TRUE, lines.note)", "x, z"), ("TEXTJOIN(\"-\", FALSE, 1, x, 2)", "1--2")]),
    text("LEFT", |call| {
        let (t, count) = (call.text(0)?, length(call, 1, 1)?);
        Some(Value::text(t.chars().take(count).collect::<String>()))
    })
    .takes(SIDE)
    .says("The first characters; one unless told.", "左起若干字符，默认一个。")
    .shows(&[("LEFT(\"中文客户\", 2)", "中文")]),
    text("RIGHT", |call| {
        let (t, count) = (call.text(0)?, length(call, 1, 1)?);
        let skip = t.chars().count().saturating_sub(count);
        Some(Value::text(t.chars().skip(skip).collect::<String>()))
    })
    .takes(SIDE)
    .says("The last characters; one unless told.", "右起若干字符，默认一个。")
    .shows(&[("RIGHT(\"Plywood 18mm\", 4)", "18mm")]),
    text("MID", |call| {
        let (t, start, count) = (call.text(0)?, place(call, 1)?, length(call, 2, 1)?);
        Some(Value::text(t.chars().skip(start).take(count).collect::<String>()))
    })
    .takes(&[needs("text", Kind::One(TEXT)), needs("start", Kind::One(NUMBER)), needs("count", Kind::One(NUMBER))])
    .says("Characters from a place on, counted from 1.", "从第几个字符起取若干字符，从 1 开始计。")
    .shows(&[("MID(\"Plywood\", 4, 4)", "wood")]),
    Function::new("LEN", Family::Text, Gives::Number, |call| match call.value(0) {
        Value::Text(t) => Some(Value::number(t.chars().count())),
        _ => Some(Value::number(0)),
    })
    .takes(ONE)
    .says("How many characters; of an empty value 0.", "字符数；空值为 0。")
    .shows(&[("LEN(\"中文 客户\")", "5"), ("LEN(y)", "0")]),
    text("TRIM", |call| {
        let t = call.text(0)?;
        Some(Value::text(t.split_whitespace().collect::<Vec<_>>().join(" ")))
    })
    .says("Without spaces around, and with single ones within.", "去掉首尾空白，中间的连续空白只留一个空格。")
    .shows(&[("TRIM(\"  a   b \")", "a b")]),
    text("CLEAN", |call| {
        let t = call.text(0)?;
        Some(Value::text(t.chars().filter(|c| !c.is_control()).collect::<String>()))
    })
    .says("Without control characters and line ends.", "去掉控制字符和换行。")
    .shows(&[("CLEAN(\"a\nb\")", "ab")]),
    text("UPPER", |call| call.text(0).map(|t| Value::text(t.to_uppercase())))
        .says("In capital letters.", "转为大写字母。")
        .shows(&[("UPPER(\"Linyi\")", "LINYI")]),
    text("LOWER", |call| call.text(0).map(|t| Value::text(t.to_lowercase())))
        .says("In small letters.", "转为小写字母。")
        .shows(&[("LOWER(\"Linyi\")", "linyi")]),
    text("PROPER", |call| call.text(0).map(|t| Value::text(proper(&t))))
        .says("Each word with a capital letter.", "每个单词首字母大写。")
        .shows(&[("PROPER(\"shandong TRADING co.\")", "Shandong Trading Co.")]),
    text("SUBSTITUTE", substitute)
        .takes(&[
            needs("text", Kind::One(TEXT)),
            needs("part", Kind::One(TEXT)),
            needs("by", Kind::One(TEXT)),
            may("which", Kind::One(NUMBER)),
        ])
        .says("Replaces a part wherever it stands, or only its n-th occurrence.", "替换所有出现的文本，或只替换第 n 次出现的。")
        .shows(&[("SUBSTITUTE(\"a-b-c\", \"-\", \"/\")", "a/b/c"), ("SUBSTITUTE(\"a-b-c\", \"-\", \"\", 2)", "a-bc")]),
    text("REPLACE", |call| {
        let (t, start, count, by) = (call.text(0)?, place(call, 1)?, length(call, 2, 0)?, call.text(3)?);
        let end = start.saturating_add(count);
        let chars = |from: usize, to: usize| t.chars().skip(from).take(to.saturating_sub(from)).collect::<String>();
        call.made_text(chars(0, start) + &by + &chars(end, usize::MAX))
    })
    .takes(&[
        needs("text", Kind::One(TEXT)),
        needs("start", Kind::One(NUMBER)),
        needs("count", Kind::One(NUMBER)),
        needs("by", Kind::One(TEXT)),
    ])
    .says("Replaces characters at a place, counted from 1.", "替换指定位置的若干字符，从 1 开始计。")
    .shows(&[("REPLACE(\"Plywood\", 1, 3, \"Hard\")", "Hardwood")]),
    text("FIND", |call| position(call, str::to_string))
        .gives_number()
        .takes(FIND)
        .says("Where a part stands, counted from 1; empty where it does not. Letters' case counts.", "查找文本的位置（从 1 开始），区分大小写；找不到时为空。")
        .shows(&[("FIND(\"wood\", \"Plywood\")", "4"), ("FIND(\"Wood\", \"Plywood\")", "")]),
    text("SEARCH", |call| position(call, fold))
        .gives_number()
        .takes(FIND)
        .says("Like FIND, but width and case of letters do not count.", "同 FIND，但不区分大小写和全半角。")
        .shows(&[("SEARCH(\"WOOD\", \"Plywood\")", "4")]),
    asks("CONTAINS", |call| {
        let (t, part) = (call.text(0)?, call.text(1)?);
        Some(Value::Boolean(fold(&t).contains(&fold(&part))))
    })
    .says("Whether a text contains a part; width and case of letters do not count.", "文本是否包含某部分，不区分大小写和全半角。")
    .shows(&[("CONTAINS(\"Plywood\", \"WOOD\")", "TRUE")]),
    asks("STARTSWITH", |call| {
        let (t, part) = (call.text(0)?, call.text(1)?);
        Some(Value::Boolean(fold(&t).starts_with(&fold(&part))))
    })
    .says("Whether a text begins with a part; width and case of letters do not count.", "文本是否以某部分开头，不区分大小写和全半角。")
    .shows(&[("STARTSWITH(\"Plywood\", \"ply\")", "TRUE")]),
    asks("ENDSWITH", |call| {
        let (t, part) = (call.text(0)?, call.text(1)?);
        Some(Value::Boolean(fold(&t).ends_with(&fold(&part))))
    })
    .says("Whether a text ends with a part; width and case of letters do not count.", "文本是否以某部分结尾，不区分大小写和全半角。")
    .shows(&[("ENDSWITH(\"Plywood\", \"ply\")", "FALSE")]),
    asks("EXACT", |call| Some(Value::Boolean(call.text(0)? == call.text(1)?)))
        .says("Whether two texts are the same, character by character.", "两个文本是否完全相同。")
        .shows(&[("EXACT(\"a\", \"A\")", "FALSE")]),
    asks("LIKE", |call| {
        let (t, pattern) = (call.text(0)?, call.text(1)?);
        Some(Value::Boolean(like(&t, &pattern)))
    })
    .says("Whether a text is like a pattern: * stands for any characters, ? for one.", "文本是否符合通配模式：* 代表任意字符，? 代表一个字符。")
    .shows(&[("LIKE(\"SO20260001\", \"SO2026*\")", "TRUE")]),
    asks("REGEXMATCH", |call| {
        let t = call.text(0)?;
        let pattern = pattern(call, 1)?;
        Some(Value::Boolean(pattern.is_match(&t)))
    })
    .says("Whether a regular expression is found in a text.", "文本中是否有符合正则表达式的部分。")
    .shows(&[("REGEXMATCH(\"SO20260001\", \"^SO[0-9]+$\")", "TRUE")]),
    text("REGEXEXTRACT", |call| {
        let t = call.text(0)?;
        let pattern = pattern(call, 1)?;
        let found = pattern.captures(&t)?;
        found.get(1).or_else(|| found.get(0)).map(|m| Value::text(m.as_str()))
    })
    .takes(&[needs("text", Kind::One(TEXT)), needs("pattern", Kind::One(TEXT))])
    .says("What a regular expression finds first: its first group, or the whole.", "正则表达式首个匹配的第一个分组或整体。")
    .shows(&[("REGEXEXTRACT(\"18mm x 1220\", \"([0-9]+)mm\")", "18")]),
    text("REGEXREPLACE", |call| {
        let (t, by) = (call.text(0)?, call.text(2)?);
        let pattern = pattern(call, 1)?;
        call.made_text(pattern.replace_all(&t, &*by).into_owned())
    })
    .takes(&[needs("text", Kind::One(TEXT)), needs("pattern", Kind::One(TEXT)), needs("by", Kind::One(TEXT))])
    .says("Replaces all that a regular expression finds; $1 stands for its first group.", "替换所有符合正则表达式的部分；$1 代表第一个分组。")
    .shows(&[("REGEXREPLACE(\"a1b22\", \"[0-9]+\", \"#\")", "a#b#")]),
    text("REPT", |call| {
        let (t, times) = (call.text(0)?, length(call, 1, 1)?);
        if t.len().saturating_mul(times) > MAX_TEXT { call.too_large() } else { Some(Value::text(t.repeat(times))) }
    })
    .takes(&[needs("text", Kind::One(TEXT)), needs("times", Kind::One(NUMBER))])
    .says("The text so many times.", "将文本重复若干次。")
    .shows(&[("REPT(\"*\", 3)", "***")]),
    text("PADLEFT", |call| pad(call, true))
        .takes(PAD)
        .says("Filled up on the left to a length, with spaces unless told.", "在左侧填充到指定长度，默认用空格。")
        .shows(&[("PADLEFT(\"7\", 3, \"0\")", "007")]),
    text("PADRIGHT", |call| pad(call, false))
        .takes(PAD)
        .says("Filled up on the right to a length, with spaces unless told.", "在右侧填充到指定长度，默认用空格。")
        .shows(&[("PADRIGHT(\"7\", 3, \".\")", "7..")]),
    text("PINYIN", to_pinyin)
        .takes(&[needs("text", Kind::One(TEXT)), may("style", Kind::One(TEXT))])
        .says(
            "Chinese characters by their sound. Style: \"initials\", \"spaced\", \"tones\"; together without tones unless told.",
            "汉字转拼音。样式：\"initials\" 首字母、\"spaced\" 空格分隔、\"tones\" 带声调；默认连写、不带声调。",
        )
        .shows(&[("PINYIN(\"胶合板18mm\")", "jiaoheban18mm"), ("PINYIN(\"胶合板\", \"initials\")", "jhb"), ("PINYIN(\"张伟\", \"spaced\")", "zhang wei")]),
];

impl Function {
    const fn gives_number(mut self) -> Function {
        self.gives = Gives::Number;
        self
    }
}

/// A count of characters; negative ones are refused.
fn length(call: &mut Call, i: usize, otherwise: i64) -> Option<usize> {
    let count = call.whole_or(i, otherwise)?;
    if count < 0 {
        call.refuse(count.to_string());
    }
    usize::try_from(count).ok()
}

/// A place counted from 1, as one counted from 0.
fn place(call: &mut Call, i: usize) -> Option<usize> {
    let place = call.whole_or(i, 1)?;
    if place < 1 {
        call.refuse(place.to_string());
    }
    usize::try_from(place.checked_sub(1)?).ok()
}

fn text_join(call: &mut Call) -> Option<Value> {
    let (separator, skip) = (call.text(0)?, call.boolean(1)?);
    let parts: Vec<String> = call.all(2).iter().filter(|v| !(skip && v.is_blank())).map(|v| call.print(v)).collect();
    call.made_text(parts.join(&separator))
}

fn proper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic() || (inside && c == '\'');
    }
    out
}

fn substitute(call: &mut Call) -> Option<Value> {
    let (text, part, by) = (call.text(0)?, call.text(1)?, call.text(2)?);
    if part.is_empty() {
        return Some(Value::Text(text));
    }
    if !call.is_given(3) {
        let size = text.matches(&*part).count().saturating_mul(by.len());
        return if size > MAX_TEXT { call.too_large() } else { call.made_text(text.replace(&*part, &by)) };
    }
    let which = place(call, 3)?;
    let Some((at, found)) = text.match_indices(&*part).nth(which) else { return Some(Value::Text(text)) };
    let (before, after) = (text.get(..at)?, text.get(at + found.len()..)?);
    call.made_text(format!("{before}{by}{after}"))
}

/// The place of a part in a text, both folded alike.
fn position(call: &mut Call, folded: fn(&str) -> String) -> Option<Value> {
    let (part, text, start) = (call.text(0)?, call.text(1)?, place(call, 2)?);
    let chars: Vec<char> = text.chars().collect();
    let part = folded(&part);
    for from in start..=chars.len() {
        let rest: String = chars.get(from..)?.iter().collect();
        if folded(&rest).starts_with(&part) {
            return Some(Value::number(from + 1));
        }
    }
    None
}

fn pattern(call: &mut Call, i: usize) -> Option<regex::Regex> {
    let source = call.text(i)?;
    match RegexBuilder::new(&source).size_limit(1 << 20).build() {
        Ok(pattern) => Some(pattern),
        Err(_) => {
            call.refuse(source.to_string());
            None
        }
    }
}

fn pad(call: &mut Call, left: bool) -> Option<Value> {
    let (text, wanted) = (call.text(0)?, length(call, 1, 0)?);
    let filler = if call.is_given(2) { call.text(2)? } else { " ".into() };
    let missing = wanted.saturating_sub(text.chars().count());
    if missing > MAX_TEXT || (missing > 0 && filler.is_empty()) {
        return call.refuse(wanted.to_string());
    }
    let fill: String = filler.chars().cycle().take(missing).collect();
    call.made_text(if left { fill + &text } else { format!("{text}{fill}") })
}

fn to_pinyin(call: &mut Call) -> Option<Value> {
    let text = call.text(0)?;
    let style = if call.is_given(1) { call.text(1)? } else { "plain".into() };
    if !matches!(&*style, "plain" | "initials" | "spaced" | "tones") {
        return call.refuse(style.to_string());
    }
    let spaced = matches!(&*style, "spaced" | "tones");
    let mut out = String::with_capacity(text.len() * 2);
    let mut after_syllable = false;
    for c in text.chars() {
        let Some(syllable) = c.to_pinyin() else {
            if spaced && after_syllable && c.is_alphanumeric() {
                out.push(' ');
            }
            after_syllable = false;
            out.push(c);
            continue;
        };
        if spaced && !out.is_empty() && !out.ends_with(char::is_whitespace) {
            out.push(' ');
        }
        out.push_str(match &*style {
            "initials" => syllable.first_letter(),
            "tones" => syllable.with_tone(),
            _ => syllable.plain(),
        });
        after_syllable = true;
    }
    call.made_text(out)
}
