//! Notifications in words, for pages and the API alike.

use formwright_templates::format::group_digits;
use formwright_templates::{Locale, i18n};
use serde_json::Value as Json;

/// One notification in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub text: String,
    /// Where it leads, below the base; nothing where there is nothing to be seen.
    pub href: Option<String>,
    pub icon: &'static str,
}

/// The words of a notification as the engine gives it.
pub fn words(locale: Locale, item: &Json) -> Words {
    let text = |pointer: &str| item.pointer(pointer).and_then(Json::as_str);
    let say = |key: &str, arguments: &[(&str, &str)]| i18n::text(locale, key, arguments);
    let comment = text("/text").unwrap_or_default().to_string();
    if text("/kind") == Some("mention") {
        let somebody = say("notifications.somebody", &[]);
        let name = text("/by/name").unwrap_or(&somebody);
        return match (text("/record_title"), text("/form"), text("/record")) {
            (Some(title), Some(form), Some(record)) => Words {
                title: say("notifications.mention", &[("name", name), ("record", title)]),
                text: comment,
                href: Some(format!("/forms/{form}/{record}")),
                icon: "message-square",
            },
            _ => Words {
                title: say("notifications.mention_hidden", &[("name", name)]),
                text: String::new(),
                href: None,
                icon: "message-square",
            },
        };
    }
    let done = text("/state") == Some("done");
    let count = group_digits(&item.get("count").and_then(Json::as_i64).unwrap_or(0).to_string());
    let form = text("/form_title").filter(|_| text("/job_kind") == Some("import"));
    // of a trial nothing was written
    let was_trial = item.get("dry_run").and_then(Json::as_bool) == Some(true);
    let title = match (form, done) {
        (Some(form), true) if was_trial => say("notifications.check_done", &[("form", form), ("count", &count)]),
        (Some(form), true) => say("notifications.import_done", &[("form", form), ("count", &count)]),
        (Some(form), false) => say("notifications.import_failed", &[("form", form)]),
        (None, true) => say("notifications.job_done", &[]),
        (None, false) => say("notifications.job_failed", &[]),
    };
    let href = match (text("/form").filter(|_| form.is_some()), text("/job")) {
        (Some(form), Some(job)) => Some(format!("/forms/{form}/import?job={job}")),
        _ => None,
    };
    let icon = if done { "circle-check" } else { "circle-alert" };
    Words { title, text: text("/file").filter(|_| form.is_some()).unwrap_or_default().to_string(), href, icon }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mention_on_a_record_that_may_not_be_read_says_who_and_nothing_else() {
        let item = json!({"kind": "mention", "by": {"name": "Li Na"}, "form": null, "record": null, "record_title": null, "text": null});
        let said = words(Locale::English, &item);
        assert_eq!(said.href, None);
        assert_eq!(said.title, "Li Na mentioned you on a record that you cannot see any more");
    }

    #[test]
    fn an_import_leads_to_its_report() {
        let item = json!({"kind": "job", "job": "j", "job_kind": "import", "form": "lead", "form_title": "线索", "state": "done", "count": 12, "file": "线索.csv"});
        let said = words(Locale::Chinese, &item);
        assert_eq!(said.href.as_deref(), Some("/forms/lead/import?job=j"));
        assert!(said.title.contains("线索") && said.title.contains("12"));
        assert_eq!(said.text, "线索.csv");
        let mut trial = item;
        trial["dry_run"] = json!(true);
        let checked = words(Locale::English, &trial).title;
        assert_eq!(checked, "The file for 线索 has been checked: 12 rows");
        trial["count"] = json!(1);
        assert_eq!(words(Locale::English, &trial).title, "The file for 线索 has been checked: 1 row");
    }
}
