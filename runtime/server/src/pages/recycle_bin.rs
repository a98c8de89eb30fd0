//! Deleted records of a form.

use super::asked;
use super::cell::{Teller, id_of, iso, moment};
use super::columns;
use super::query::Query;
use super::reader::Reader;
use super::seen_form::SeenForm;
use crate::problem::Answer;
use axum::extract::Path;
use axum::response::Response;
use formwright_templates::view::{DeletedRow, Pager, RecycleBin};
use formwright_templates::{Page, format};
use serde_json::Value as Json;

const PAGE: usize = 50;

pub async fn show(reader: Reader, Path(form): Path<String>) -> Response {
    let page = page(&reader, &form).await.map(Page::RecycleBin);
    reader.answer(page)
}

async fn page(reader: &Reader, name: &str) -> Answer<RecycleBin> {
    let seen = SeenForm::find(reader, name)?;
    seen.must("delete")?;
    let cursor = reader.query().get("cursor");
    let found = asked::recycle_bin(reader, name, cursor, PAGE).await?;
    let teller = Teller::of(reader);
    let path = format!("{}/recycle-bin", seen.href());
    let row = |record: &Json| {
        let id = record.get("id").and_then(Json::as_str).unwrap_or_default();
        let at = record.get("deleted_at").and_then(moment);
        DeletedRow {
            id: id.to_string(),
            title: columns::record_title(&seen, &teller, record),
            href: format!("{}/{id}", seen.href()),
            by: record.get("updated_by").and_then(id_of).filter(|id| !id.is_nil()).map(|id| teller.person(id).name),
            at: at.map(|at| format::datetime_near(at, teller.now, teller.zone, teller.locale)).unwrap_or_default(),
            iso: at.map(iso).unwrap_or_default(),
            restore: true,
            purge: seen.may("purge"),
        }
    };
    Ok(RecycleBin {
        form: seen.reference(reader),
        days: Some(seen.form.recycle_bin).filter(|days| *days > 0),
        rows: found.items.iter().map(row).collect(),
        pager: Pager {
            first_href: cursor.map(|_| path.clone()),
            previous_href: None,
            next_href: found.next.as_deref().map(|next| Query::default().with("cursor", Some(next)).href(&path)),
        },
    })
}
