//! Which record holds which file. A file may be held by whoever uploaded it or can read it already.

use crate::error::EngineResult;
use crate::records::{Saver, files_of};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, FilesOptions};
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_store::{Tx, files};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Faults of files newly named by a record: unknown, another's, of a type or size that the field does not take.
pub async fn check_attachable(
    saver: &Saver,
    form: &Form,
    wanted: &[(String, Uuid, usize)],
    tx: &mut Tx,
    faults: &mut Vec<Fault>,
) -> EngineResult<()> {
    let ids: Vec<Uuid> = wanted.iter().map(|(_, id, _)| *id).collect();
    let known = files::find(&ids, tx).await?;
    for (at, id, field) in wanted {
        let Some(file) = known.iter().find(|f| f.id == *id) else {
            faults.push(Fault::new(at, &code::NOT_FOUND_REFERENCE));
            continue;
        };
        let mine = saver.is_own_work() || file.uploaded_by == saver.cx.principal().map(|p| p.person.id);
        if !mine && !super::may_read(saver, *id, tx).await? {
            faults.push(Fault::new(at, &code::NOT_FOUND_REFERENCE));
            continue;
        }
        let Some(options) = options_at(form, *field, at) else { continue };
        if !options.accept.is_empty() && !options.accept.iter().any(|a| accepts(a, &file.media_type)) {
            faults.push(Fault::new(at, &code::FILE_TYPE_NOT_ACCEPTED).with("type", &file.media_type));
        }
        if u64::try_from(file.size).unwrap_or(u64::MAX) > options.max_size {
            faults.push(Fault::new(at, &code::TOO_LARGE).with("limit", options.max_size));
        }
    }
    let mut counts: HashMap<String, (usize, u32)> = HashMap::new();
    for (at, _, field) in wanted {
        let Some(most) = options_at(form, *field, at).and_then(|options| options.max_count) else { continue };
        let place = at.rsplit_once('/').map_or(at.as_str(), |(place, _)| place);
        counts.entry(place.to_string()).or_insert((0, most)).0 += 1;
    }
    for (place, (count, most)) in counts {
        if count > usize::try_from(most).unwrap_or(usize::MAX) {
            faults.push(Fault::new(place, &code::TOO_MANY).with("limit", most));
        }
    }
    Ok(())
}

/// What a field takes, or a column of a child table: of `files/2/file/0` the column is the third word.
fn options_at<'a>(form: &'a Form, field: usize, path: &str) -> Option<&'a FilesOptions> {
    let field = form.fields.get(field)?;
    let kind = match field.table() {
        Some(table) => &table.field(path.split('/').nth(2)?)?.1.kind,
        None => &field.kind,
    };
    match kind {
        FieldKind::Files(options) => Some(options),
        _ => None,
    }
}

/// `image/*`, `application/pdf`, `.pdf`
pub fn accepts(pattern: &str, media_type: &str) -> bool {
    match pattern.split_once('/') {
        Some((kind, "*")) => media_type.split('/').next() == Some(kind),
        Some(_) => pattern.eq_ignore_ascii_case(media_type),
        None => mime_guess::from_ext(pattern.trim_start_matches('.')).iter().any(|m| m.essence_str() == media_type),
    }
}

/// Brings the references in step with what the record holds now.
pub async fn refer(_saver: &Saver, form: &Form, old: Option<&Record>, new: &Record, tx: &mut Tx) -> EngineResult<()> {
    let before: HashSet<(String, Uuid)> = old.map(|o| files_of(form, o)).unwrap_or_default().into_iter().collect();
    let after: HashSet<(String, Uuid)> = files_of(form, new).into_iter().collect();
    for (field, file) in before.difference(&after) {
        files::release(*file, &form.id, new.id, field, tx).await?;
    }
    for (field, file) in after.difference(&before) {
        files::hold(*file, &form.id, new.id, field, tx).await?;
    }
    Ok(())
}
