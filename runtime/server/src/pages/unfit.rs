//! What of a record no longer passes, for its page.

use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use formwright_core::diagnostic::Fault;
use formwright_core::field::Field;
use formwright_core::text::Locale;
use uuid::Uuid;

/// What of the record no longer passes, a sentence each with the field's title before it.
pub async fn sentences(reader: &Reader, seen: &SeenForm, id: Uuid) -> Answer<Vec<String>> {
    let locale = reader.cx().locale;
    let faults = reader.cx().engine.unfit(reader.cx(), &seen.form.name, id).await?;
    let tell = |fault: &Fault| {
        let mut parts = fault.path.split('/');
        let field = parts.next().and_then(|name| seen.form.field(name)).map(|(_, field)| field);
        let column = field.and_then(Field::table).zip(parts.nth(1)).and_then(|(t, name)| t.field(name));
        let titles = field.into_iter().chain(column.map(|(_, c)| c)).map(|f| f.title.get(locale));
        let title = titles.collect::<Vec<_>>().join(" · ");
        format!("{title}{}{}", if locale == Locale::En { ": " } else { "：" }, fault.message(locale))
    };
    Ok(faults.iter().map(tell).collect())
}
