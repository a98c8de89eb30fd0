//! Looking over the contents of files: whether each is there and opens.

use super::content::{Place, is_sealed};
use crate::exchange::blocking;
use crate::{Engine, EngineResult};
use formwright_store::{Snapshot, files};

/// Contents that are asked about at once.
const PAGE: i64 = 200;
/// Contents that are named at most.
const NAMED: usize = 5;

/// What is true of the contents of all files that are not gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesReport {
    pub contents: usize,
    /// Those that lie plain.
    pub plain: usize,
    /// Those that are not there, or not what was written.
    pub faulty: usize,
    /// The first faulty ones, each with what is wrong.
    pub named: Vec<String>,
}

impl Engine {
    /// Opens every content of a file. Of a sealed one that proves the key, and that nothing was cut off; what stands in the middle is
    /// proved when it is read.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn look_over_files(&self) -> EngineResult<FilesReport> {
        let (mut report, mut after) = (FilesReport::default(), Vec::new());
        loop {
            let mut tx = self.db().reader(Snapshot::No).await?;
            let page = files::contents_after(&after, PAGE, &mut tx).await?;
            let Some(last) = page.last() else { return Ok(report) };
            after.clone_from(last);
            let mut places = Vec::new();
            for name in page {
                let place = Place::find(self, &name, &mut tx).await;
                places.push((name, place));
            }
            drop(tx);
            report = blocking(move || {
                for (name, place) in places {
                    report.contents += 1;
                    report.plain += usize::from(!is_sealed(&name));
                    let wrong = match place.and_then(|place| place.map_or(Ok(None), |place| place.open())) {
                        Ok(Some(_)) => continue,
                        Ok(None) => "it is not there".to_string(),
                        Err(error) => error.to_string(),
                    };
                    report.faulty += 1;
                    if report.named.len() < NAMED {
                        report.named.push(format!("{}: {wrong}", hex::encode(&name)));
                    }
                }
                Ok(report)
            })
            .await?;
        }
    }
}
