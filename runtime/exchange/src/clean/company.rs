//! The key under which two spellings of a company's name are the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words that tell the legal form and nothing about who it is.
const LEGAL: &[&str] = &[
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "llc",
    "llp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "oy",
    "ab",
    "as",
    "aps",
    "pvt",
    "private",
    "pte",
    "pty",
    "sdn",
    "bhd",
    "jsc",
    "ooo",
    "fze",
    "fzco",
    "dmcc",
    "est",
];

/// The same in Chinese; longer ones first.
const LEGAL_CHINESE: &[&str] = &["股份有限公司", "有限责任公司", "有限公司", "公司"];

/// The key of a company's name.
pub fn company_key(name: &str) -> String {
    let folded: String = caseless::default_case_fold_str(&name.nfkc().collect::<String>());
    let bare: String = folded.nfd().filter(|c| !is_combining_mark(*c)).nfc().collect();
    let mut spaced = String::with_capacity(bare.len());
    for c in bare.chars() {
        match c {
            '&' => spaced.push_str(" and "),
            '.' => {}
            c if c.is_alphanumeric() => spaced.push(c),
            _ => spaced.push(' '),
        }
    }
    let whole: String = spaced.split_whitespace().collect();
    let mut key: String = spaced.split_whitespace().filter(|word| !LEGAL.contains(word)).collect();
    for form in LEGAL_CHINESE {
        key = key.replace(form, "");
    }
    if key.is_empty() { whole } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_company_have_one_key() {
        for (a, b) in [
            ("Zenith Wood Products S.r.l.", "ZENITH-WOOD PRODUCTS SRL"),
            ("Hansa Furniture GmbH", "hansa furniture"),
            ("Ｃｒｏｗｎ Ｔｏｏｌｓ", "Crown  Tools Co., Ltd."),
            ("Home & Garden Pty. Ltd.", "Home and Garden"),
            ("Müller AG", "Muller"),
            ("临沂木业有限公司", "临沂木业"),
            ("山东工具股份有限公司", "山东工具"),
        ] {
            assert_eq!(company_key(a), company_key(b), "{a} / {b}");
        }
        assert_ne!(company_key("Nova Tools"), company_key("Nova Timber"));
    }

    #[test]
    fn a_name_of_legal_words_only_keeps_them() {
        assert_eq!(company_key("Company Limited"), "companylimited");
        assert_eq!(company_key("有限公司"), "有限公司");
    }
}
