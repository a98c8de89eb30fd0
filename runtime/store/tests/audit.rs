//! The system tables come into being once, and the audit chain shows every kind of tampering, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_store::audit::{self, AuditKey, FaultKind, Head};
use formwright_store::{Db, Dialect, StoreError, tables};
use support::{StoreResult, number, on_both, run};

fn key() -> AuditKey {
    AuditKey::new([7; 32])
}

async fn append(db: &Db, body: &'static str) -> StoreResult<()> {
    db.write(move |tx| {
        Box::pin(async move {
            let at = "2026-11-20T08:30:00.123456789Z".parse().unwrap();
            audit::append(tx, &key(), at, "record", body).await
        })
    })
    .await
}

/// Ten linked rows.
async fn chain(db: &Db) {
    tables::migrate(db).await.unwrap();
    for _ in 0..10 {
        append(db, "{\"what\": \"update\"}").await.unwrap();
    }
    let linked = audit::link(db, &key()).await.unwrap();
    assert_eq!(linked, if db.dialect() == Dialect::Postgres { 10 } else { 0 });
}

async fn fault(db: &Db, anchor: Option<&Head>) -> Option<(i64, FaultKind)> {
    let report = audit::verify(db, &key(), &Head::default(), anchor).await.unwrap();
    report.first_bad.map(|fault| (fault.seq, fault.kind))
}

#[test]
fn system_tables_are_made_once_and_a_newer_database_is_refused() {
    on_both(|db| async move {
        assert_eq!(tables::version(&db).await, Ok(0));
        let (one, two) = tokio::join!(tables::migrate(&db), tables::migrate(&db));
        assert_eq!((one, two), (Ok(tables::latest()), Ok(tables::latest())));
        assert_eq!(tables::migrate(&db).await, Ok(tables::latest()));
        for table in tables::all() {
            let mut sql = db.dialect().sql();
            sql.push("SELECT count(*) FROM ").name(table.name);
            let mut tx = db.reader(formwright_store::Snapshot::No).await.unwrap();
            let rows = i64::from(table.name == "fw_meta");
            assert_eq!(tx.one(&sql.build(), |row| row.int(0)).await, Ok(Some(rows)), "{}", table.name);
        }
        run(&db, "UPDATE fw_meta SET number = 9999 WHERE key = 'schema_version'").await.unwrap();
        let newer = StoreError::Newer { found: 9999, supported: tables::latest() };
        assert_eq!(tables::migrate(&db).await, Err(newer));
    });
}

#[test]
fn an_untouched_chain_is_good_and_goes_on() {
    on_both(|db| async move {
        chain(&db).await;
        let first = audit::verify(&db, &key(), &Head::default(), None).await.unwrap();
        assert_eq!((first.rows, first.unlinked, first.first_bad, first.head.chain), (10, 0, None, 10));
        append(&db, "{}").await.unwrap();
        let waiting = u64::from(db.dialect() == Dialect::Postgres);
        let second = audit::verify(&db, &key(), &Head::default(), Some(&first.head)).await.unwrap();
        assert_eq!((second.rows, second.unlinked, second.first_bad), (11 - waiting, waiting, None));
        assert_eq!(audit::link(&db, &key()).await, Ok(waiting));
        let third = audit::verify(&db, &key(), &Head::default(), Some(&first.head)).await.unwrap();
        assert_eq!((third.rows, third.first_bad, third.head.chain), (11, None, 11));
        let other = AuditKey::new([8; 32]);
        assert!(audit::verify(&db, &other, &Head::default(), None).await.unwrap().first_bad.is_some());
    });
}

#[test]
fn a_row_that_is_rolled_back_leaves_no_gap_in_the_chain() {
    on_both(|db| async move {
        chain(&db).await;
        let outcome: StoreResult<()> = db
            .write(|tx| {
                Box::pin(async move {
                    audit::append(tx, &key(), chrono::DateTime::UNIX_EPOCH, "record", "{}").await?;
                    Err(StoreError::Busy)
                })
            })
            .await;
        assert_eq!(outcome, Err(StoreError::Busy));
        append(&db, "{}").await.unwrap();
        audit::link(&db, &key()).await.unwrap();
        let report = audit::verify(&db, &key(), &Head::default(), None).await.unwrap();
        assert_eq!((report.rows, report.first_bad), (11, None));
    });
}

#[test]
fn a_transaction_that_commits_late_is_linked_later_and_skips_nobody() {
    support::on_postgres(|db| async move {
        chain(&db).await;
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = tokio::sync::oneshot::channel::<()>();
        let late = tokio::spawn({
            let db = db.clone();
            async move {
                db.write_once(move |tx| {
                    Box::pin(async move {
                        audit::append(tx, &key(), chrono::DateTime::UNIX_EPOCH, "record", "{\"late\": true}").await?;
                        started.send(()).unwrap();
                        may_finish.await.unwrap();
                        Ok::<(), StoreError>(())
                    })
                })
                .await
            }
        });
        has_started.await.unwrap();
        append(&db, "{\"late\": false}").await.unwrap();
        assert_eq!(audit::link(&db, &key()).await, Ok(1));
        finish.send(()).unwrap();
        late.await.unwrap().unwrap();
        assert_eq!(audit::link(&db, &key()).await, Ok(1));
        let report = audit::verify(&db, &key(), &Head::default(), None).await.unwrap();
        assert_eq!((report.rows, report.first_bad), (12, None));
        let late = "SELECT chain FROM fw_audit WHERE body LIKE '%true%'";
        assert_eq!(number(&db, late).await, 12);
        assert_eq!(number(&db, "SELECT seq FROM fw_audit WHERE chain = 12").await, 11);
    });
}

#[test]
fn every_kind_of_tampering_is_seen() {
    let cases: [(&str, (i64, FaultKind)); 13] = [
        ("UPDATE fw_audit SET body = '{\"what\": \"create\"}' WHERE seq = 4", (4, FaultKind::Content)),
        ("UPDATE fw_audit SET lane = 'record2' WHERE seq = 4", (4, FaultKind::Content)),
        ("UPDATE fw_audit SET at = (SELECT \"at\" FROM other) WHERE seq = 4", (4, FaultKind::Content)),
        ("UPDATE fw_audit SET mac = hash WHERE seq = 4", (4, FaultKind::Content)),
        ("UPDATE fw_audit SET prev = hash WHERE seq = 4", (4, FaultKind::Place)),
        ("UPDATE fw_audit SET hash = mac WHERE seq = 4", (4, FaultKind::Place)),
        ("UPDATE fw_audit SET seq = 400 WHERE seq = 4", (400, FaultKind::Place)),
        ("UPDATE fw_audit SET chain = 400 WHERE seq = 4", (5, FaultKind::Place)),
        ("DELETE FROM fw_audit WHERE seq = 1", (2, FaultKind::Place)),
        ("DELETE FROM fw_audit WHERE seq = 5", (6, FaultKind::Place)),
        ("DELETE FROM fw_audit WHERE seq = 10", (9, FaultKind::End)),
        ("UPDATE fw_audit_head SET chain = 9", (10, FaultKind::End)),
        ("DELETE FROM fw_audit_head", (10, FaultKind::End)),
    ];
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        run(&db, "CREATE TABLE other AS SELECT * FROM fw_audit WHERE 1 = 0").await.unwrap();
        for (tampering, expected) in cases {
            for table in ["DELETE FROM fw_audit", "DELETE FROM fw_audit_head", "DELETE FROM other"] {
                run(&db, table).await.unwrap();
            }
            reset_numbers(&db).await;
            chain(&db).await;
            assert_eq!(fault(&db, None).await, None);
            shift_time(&db).await;
            run(&db, tampering).await.unwrap();
            assert_eq!(fault(&db, None).await, Some(expected), "{tampering}");
        }
    });
}

/// Rows are numbered from 1 again.
async fn reset_numbers(db: &Db) {
    let text = match db.dialect() {
        Dialect::Sqlite => "DELETE FROM sqlite_sequence WHERE name = 'fw_audit'",
        Dialect::Postgres => "ALTER TABLE fw_audit ALTER COLUMN seq RESTART WITH 1",
    };
    run(db, text).await.unwrap();
}

/// Puts a time that is one second off into the table `other`.
async fn shift_time(db: &Db) {
    let text = match db.dialect() {
        Dialect::Sqlite => "INSERT INTO other (\"at\") SELECT \"at\" + 1000000 FROM fw_audit WHERE seq = 4",
        Dialect::Postgres => {
            "INSERT INTO other (\"at\") SELECT \"at\" + interval '1 second' FROM fw_audit WHERE seq = 4"
        }
    };
    run(db, text).await.unwrap();
}

#[test]
fn an_old_state_put_back_is_seen_with_a_head_kept_elsewhere_only() {
    on_both(|db| async move {
        chain(&db).await;
        let kept = audit::verify(&db, &key(), &Head::default(), None).await.unwrap().head;
        run(&db, "DELETE FROM fw_audit").await.unwrap();
        run(&db, "DELETE FROM fw_audit_head").await.unwrap();
        append(&db, "{\"what\": \"another past\"}").await.unwrap();
        audit::link(&db, &key()).await.unwrap();
        assert_eq!(fault(&db, None).await, None);
        assert!(matches!(fault(&db, Some(&kept)).await, Some((_, FaultKind::Anchor))));
    });
}
