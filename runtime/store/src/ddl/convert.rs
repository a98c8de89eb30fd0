//! Values of a column rewritten as another type, page by page.

use formwright_core::plan::Conversion;

use super::Converter;
use super::column::value_kind;
use super::pages::{Pages, write_column};
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

pub(super) async fn convert(tx: &mut Tx, conversion: &Conversion, converter: &dyn Converter) -> StoreResult<()> {
    let from = (conversion.from.column.as_str(), value_kind(conversion.from_shape.storage));
    let to_kind = value_kind(conversion.to_shape.storage);
    if conversion.restores {
        return restore(tx, conversion, converter).await;
    }
    let mut pages = Pages::filled(&conversion.from, &[from])?;
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let values = lines
            .into_iter()
            .filter_map(|line| {
                let value = line.values.into_iter().next()?;
                Some((line.key, fits(converter.convert(conversion, &value)?, to_kind)?))
            })
            .collect();
        write_column(tx, &conversion.to, values).await?;
    }
}

/// An answer of another kind than the column's is no answer.
fn fits(value: Val, kind: crate::value::Kind) -> Option<Val> {
    (value.kind() == kind && value.check().is_ok()).then_some(value)
}

/// The column already holds what the values were before an earlier conversion: an original stays where its conversion is
/// what stands now, so that what nobody changed comes back to the letter.
async fn restore(tx: &mut Tx, conversion: &Conversion, converter: &dyn Converter) -> StoreResult<()> {
    let (from_kind, to_kind) = (value_kind(conversion.from_shape.storage), value_kind(conversion.to_shape.storage));
    let forward = Conversion {
        from: conversion.to.clone(),
        from_shape: conversion.to_shape.clone(),
        to: conversion.from.clone(),
        to_shape: conversion.from_shape.clone(),
        restores: false,
        form: conversion.form.clone(),
    };
    let mut pages = Pages::filled(
        &conversion.from,
        &[(conversion.from.column.as_str(), from_kind), (conversion.to.column.as_str(), to_kind)],
    )?;
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let mut values = Vec::new();
        for line in lines {
            let mut cells = line.values.into_iter();
            let (Some(now), Some(original)) = (cells.next(), cells.next()) else { continue };
            let meant = if original.is_null() {
                None
            } else {
                converter.convert(&forward, &original).and_then(|v| fits(v, from_kind))
            };
            let unchanged = match &meant {
                Some(meant) => *meant == now,
                None => now.is_null(),
            };
            if !unchanged {
                let value = if now.is_null() {
                    None
                } else {
                    converter.convert(conversion, &now).and_then(|v| fits(v, to_kind))
                };
                values.push((line.key, Val::or_null(value, to_kind)));
            }
        }
        write_column(tx, &conversion.to, values).await?;
    }
}
