//! A fault or a warning: a code with what it speaks of, put into words on demand.

use crate::messages::Code;
use std::borrow::Cow;
use std::fmt;

/// Something to tell about a file, row or cell. The same shape serves faults (the value is refused) and warnings (it is taken).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is.
    pub code: Code,
    /// Values for the message's `{placeholders}`.
    pub args: Vec<(&'static str, String)>,
}

/// Why a value was refused.
pub type Fault = Notice;

/// Why a file was refused; answered as 422 (413 for `file_too_large`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault(pub Notice);

impl Notice {
    /// A notice without arguments.
    pub fn new(code: Code) -> Self {
        Self { code, args: Vec::new() }
    }

    /// The same notice with one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, shortened(value.to_string())));
        self
    }

    /// The argument of that name.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// The argument of that name in words of the language; nothing where there is none.
    pub fn word(&self, name: &str, language: &str) -> Cow<'_, str> {
        let value = self.arg(name).unwrap_or_default();
        if is_chinese(language) { in_chinese(name, value) } else { Cow::Borrowed(value) }
    }

    /// The message in the language (`zh…` is Chinese, all others English).
    pub fn message(&self, language: &str) -> String {
        let (en, zh) = self.code.patterns();
        let chinese = is_chinese(language);
        let mut rest = if chinese { zh } else { en };
        let mut out = String::with_capacity(rest.len() + 16);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                rest = after;
                break;
            };
            out.push_str(&self.word(name, language));
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

fn is_chinese(language: &str) -> bool {
    language.to_ascii_lowercase().starts_with("zh")
}

/// Keeps messages readable when a cell holds pages of text.
fn shortened(text: String) -> String {
    const LONGEST: usize = 120;
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut out: String = text.chars().take(LONGEST).collect();
    out.push('…');
    out
}

/// Arguments that are words of ours rather than of the file, in Chinese.
fn in_chinese<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    let word = match (name, value) {
        ("unit", "rows") => "行",
        ("unit", "columns") => "列",
        ("unit", "bytes in a cell") => "字节（单元格）",
        ("matched", "company") => "公司",
        ("matched", "email") => "邮箱",
        ("matched", "phone") => "电话",
        ("found", "a PNG picture" | "a JPEG picture" | "a GIF picture") => "图片",
        ("found", "a PDF document") => "PDF 文档",
        ("found", "a gzip archive" | "a 7-Zip archive" | "a RAR archive" | "a zip archive") => "压缩文件",
        ("found", "a database") => "数据库",
        (
            "found",
            "a rich text document" | "an Office document without sheets" | "an OpenDocument file without sheets",
        ) => "没有工作表的文档",
        ("found", "UTF-32 text") => "UTF-32 文本",
        ("found", "delimited text (csv)") => "分隔文本（csv）",
        ("found", "an Excel workbook (xlsx)") => "Excel 工作簿（xlsx）",
        ("found", "an Excel workbook (xlsb)") => "Excel 工作簿（xlsb）",
        ("found", "an Excel workbook (xls)") => "Excel 工作簿（xls）",
        ("found", "an OpenDocument workbook (ods)") => "OpenDocument 工作簿（ods）",
        ("found", "a web page") => "网页",
        ("found", "an XML document") => "XML 文档",
        ("found", "a workbook of Excel 95 or older") => "Excel 95 或更早的工作簿",
        ("of", names) if names.starts_with("row ") => {
            let names: Vec<String> = names
                .split(", ")
                .map(|name| {
                    name.strip_prefix("row ").map_or_else(|| name.to_owned(), |number| format!("第 {number} 行"))
                })
                .collect();
            return Cow::Owned(names.join("、"));
        }
        _ => value,
    };
    Cow::Borrowed(word)
}

impl FileFault {
    /// A fault of a file without arguments.
    pub fn new(code: Code) -> Self {
        Self(Notice::new(code))
    }

    /// The same fault with one more argument.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl ToString) -> Self {
        Self(self.0.with(name, value))
    }

    /// A damaged file, with what was found broken (a few words for the curious; never a path or content).
    pub fn damaged(detail: impl ToString) -> Self {
        Self::new(Code::FileDamaged).with("detail", detail)
    }

    /// What it is.
    pub fn code(&self) -> Code {
        self.0.code
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message("en"))
    }
}

impl std::error::Error for FileFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_filled_from_its_arguments_in_both_languages() {
        let notice =
            Notice::new(Code::NumberAmbiguous).with("value", "1,23").with("first", "1.23").with("second", "123");
        assert_eq!(
            notice.message("en"),
            "«1,23» can be read as 1.23 or as 123. Write it so that only one is possible."
        );
        assert_eq!(notice.message("zh-CN"), "“1,23”既可读作 1.23，也可读作 123，请写明确。");
    }

    #[test]
    fn words_of_ours_are_said_in_the_readers_language() {
        let notice = Notice::new(Code::Duplicate).with("matched", "company").with("of", "row 14");
        assert_eq!(notice.message("en"), "The same company as in row 14.");
        assert_eq!(notice.message("zh"), "与第 14 行的公司相同。");
    }

    #[test]
    fn every_code_has_its_own_name_and_both_languages_name_the_same_placeholders() {
        let holders = |text: &str| {
            let mut found: Vec<String> =
                text.split('{').skip(1).filter_map(|part| part.split('}').next().map(str::to_owned)).collect();
            found.sort();
            found
        };
        let mut names = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(names.insert(code.as_str()), "{} occurs twice", code.as_str());
            let (en, zh) = code.patterns();
            assert_eq!(holders(en), holders(zh), "{}", code.as_str());
        }
    }
}
