//! An empty workbook to be filled and imported: headings, what is needed, and lists to choose from.

use super::import::{blocking, targets_for};
use super::target::fillable;
use super::{ImportMode, OutFile, bound::is_given};
use crate::duplicates::rule::text_of_val;
use crate::records::Saver;
use crate::{Context, Engine, EngineError, EngineResult};
use formwright_core::field::{ChoiceSet, Field, FieldKind};
use formwright_core::text::Locale;
use formwright_exchange::write::template::{TemplateColumn, write};
use formwright_store::Snapshot;
use formwright_store::exchange::{By, Scope, find};
use formwright_store::select::AccessSource;

/// Longer lists of records are not offered: they would be a list of customers in a file that goes around.
const MOST_RECORDS: usize = 500;

impl Engine {
    /// `template.xlsx`: the fields that the caller may fill, with lists of what he may see.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn import_template(&self, cx: &Context, form: &str) -> EngineResult<OutFile> {
        let targets = targets_for(cx, form, Some(ImportMode::Create))?;
        let saver = Saver::new(cx)?;
        let grants = targets.access.access(targets.index);
        let mut columns = Vec::new();
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        for (index, field) in targets.form.fields.iter().enumerate() {
            let writable = grants.create.iter().any(|g| g.writes(index, None));
            if !grants.sees(index, None) || !writable || !fillable(field) || is_given(field) {
                continue;
            }
            let choices = match &field.kind {
                FieldKind::Link(link) | FieldKind::Links(link) => match targets.catalog.form_index(&link.form) {
                    Some(to) => {
                        let form = targets.catalog.forms.get(to);
                        let name = form
                            .and_then(|f| f.key_field.or(f.title_field))
                            .filter(|f| saver.access.access(to).sees(*f, None));
                        let compiler = saver.compiler(&tx);
                        match name.filter(|_| !saver.access.access(to).is_none()) {
                            Some(name) => {
                                let found = find(
                                    &compiler,
                                    to,
                                    &[],
                                    &[By::Field(name)],
                                    Scope::Caller,
                                    MOST_RECORDS + 1,
                                    &mut tx,
                                )
                                .await?;
                                let names: Vec<String> =
                                    found.iter().filter_map(|f| f.values.first().and_then(text_of_val)).collect();
                                if names.len() > MOST_RECORDS { Vec::new() } else { names }
                            }
                            None => Vec::new(),
                        }
                    }
                    None => Vec::new(),
                },
                FieldKind::User | FieldKind::Users => {
                    let users = targets.access.organisation().users();
                    users.iter().filter(|u| u.row.active).map(|u| u.row.login.clone()).take(MOST_RECORDS).collect()
                }
                _ => field.kind.choices().map(|set| offered(set, field, cx.locale)).unwrap_or_default(),
            };
            columns.push(TemplateColumn {
                title: field.title.get(cx.locale).to_string(),
                required: field.required,
                note: Some(field.description.get(cx.locale).to_string()).filter(|text| !text.is_empty()),
                choices,
                several: field.kind.is_many() || matches!(field.kind, FieldKind::User),
                format: match &field.kind {
                    FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan => Some("@".into()),
                    FieldKind::Date => Some("yyyy-mm-dd".into()),
                    FieldKind::DateTime => Some("yyyy-mm-dd hh:mm".into()),
                    _ => None,
                },
            });
        }
        drop(tx);
        let (sheet, lists) =
            (targets.form.title.get(cx.locale).to_string(), if cx.locale == Locale::ZhCn { "选项" } else { "Choices" });
        let (name, folder) = (format!("{}.xlsx", targets.form.name), self.settings().data.join("tmp"));
        blocking(move || {
            let broken = |error: String| EngineError::Internal(format!("a template: {error}"));
            std::fs::create_dir_all(&folder).map_err(|e| broken(e.to_string()))?;
            let file = tempfile::tempfile_in(&folder).map_err(|e| broken(e.to_string()))?;
            let out = file.try_clone().map_err(|e| broken(e.to_string()))?;
            write(&sheet, lists, &columns, out).map_err(|e| broken(e.to_string()))?;
            OutFile::of_workbook(name, 0, None, file)
        })
        .await
    }
}

/// What may be picked, by title.
fn offered(set: &ChoiceSet, field: &Field, locale: Locale) -> Vec<String> {
    let groups = match &field.kind {
        FieldKind::Choice(c) | FieldKind::Choices(c) => c.pick_any,
        _ => true,
    };
    set.choices
        .iter()
        .filter(|c| c.active && (groups || !set.is_group(&c.value)))
        .map(|c| c.title.get(locale).to_string())
        .collect()
}
