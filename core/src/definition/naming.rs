//! Names proposed for titles: `客户名称` becomes `ke_hu_ming_cheng`, `E-mail (work)` becomes `e_mail_work`.

use pinyin::ToPinyin;
use std::collections::HashSet;

/// Longest name proposed; the longest allowed leaves room for a number behind it.
const LONGEST: usize = 40;

/// A name for a title that is none of `taken`. A title without a letter or digit gives `fallback`, which must be a name.
pub fn propose_name(title: &str, fallback: &str, taken: &HashSet<String>) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in title.chars() {
        if let Some(syllable) = c.to_pinyin() {
            words.push(syllable.plain().replace('ü', "v"));
            open = false;
        } else if let Some(letter) = Some(c.to_ascii_lowercase()).filter(char::is_ascii_alphanumeric) {
            match words.last_mut().filter(|_| open) {
                Some(word) => word.push(letter),
                None => words.push(letter.to_string()),
            }
            open = true;
        } else {
            open = false;
        }
    }
    let mut name = String::new();
    for word in words {
        if !name.is_empty() && name.len() + word.len() >= LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('_');
        }
        name.extend(word.chars().take(LONGEST));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name = if name.is_empty() { fallback.to_string() } else { format!("{fallback}_{name}") };
    }
    if !taken.contains(&name) {
        return name;
    }
    (2_u32..).map(|n| format!("{name}_{n}")).find(|n| !taken.contains(n)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::is_name;

    #[test]
    fn titles_become_names_in_any_script_and_never_a_taken_one() {
        let taken: HashSet<String> = ["name".to_string(), "name_2".to_string()].into();
        for (title, want) in [
            ("客户名称", "ke_hu_ming_cheng"),
            ("E-mail (work)", "e_mail_work"),
            ("Name", "name_3"),
            ("2024 年", "field_2024_nian"),
            ("😀", "field"),
            ("", "field"),
            ("女装", "nv_zhuang"),
        ] {
            assert_eq!(propose_name(title, "field", &taken), want, "{title}");
        }
        let long = propose_name(&"很长的标题".repeat(20), "field", &taken);
        assert!(is_name(&long) && long.len() <= 48, "{long}");
    }
}
