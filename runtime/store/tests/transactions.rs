//! What a transaction promises: acknowledged means stored, refused means nothing is left, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use formwright_store::{Db, Dialect, Snapshot, StoreError, Tx};
use support::{StoreResult, number, on_both, on_sqlite, run};

/// An error of a caller's own.
#[derive(Debug, PartialEq)]
enum Failure {
    Refused(i64),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

async fn create(db: &Db) {
    run(db, "CREATE TABLE lines (id bigint NOT NULL PRIMARY KEY, name text)").await.unwrap();
    run(db, "CREATE UNIQUE INDEX lines_name ON lines (name)").await.unwrap();
}

async fn insert(tx: &mut Tx, id: i64) -> StoreResult<u64> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO lines (id, name) VALUES (").val(id).push(", ").val(format!("n{id}")).push(")");
    tx.execute(&sql.build()).await
}

#[test]
fn exactly_the_acknowledged_ones_of_many_concurrent_writes_are_stored() {
    on_both(|db| async move {
        create(&db).await;
        let writes: Vec<_> = (0..500i64)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(move |tx| {
                        Box::pin(async move {
                            insert(tx, id).await?;
                            if id % 10 == 0 { Err(Failure::Refused(id)) } else { Ok(id) }
                        })
                    })
                    .await
                })
            })
            .collect();
        let mut acknowledged = Vec::new();
        for (id, write) in (0i64..).zip(writes) {
            match write.await.unwrap() {
                Ok(done) => acknowledged.push(done),
                Err(error) => assert_eq!((error, id % 10), (Failure::Refused(id), 0)),
            }
        }
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        let mut sql = tx.sql();
        sql.push("SELECT id FROM lines ORDER BY id");
        let stored = tx.all(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(-1))).await.unwrap();
        assert_eq!(stored, acknowledged);
        assert_eq!(stored.len(), 450);
    });
}

#[test]
fn a_panic_in_a_write_is_its_own_failure_and_nobody_elses() {
    on_both(|db| async move {
        create(&db).await;
        let panicking = db.write(|tx| {
            Box::pin(async move {
                insert(tx, 1).await?;
                if number_of(tx).await? == 1 {
                    panic!("on purpose");
                }
                Ok::<(), Failure>(())
            })
        });
        let (panicked, other) =
            tokio::join!(panicking, db.write(|tx| Box::pin(async move { insert(tx, 2).await.map_err(Failure::from) })));
        assert_eq!(panicked, Err(Failure::Store(StoreError::Panicked("on purpose".into()))));
        assert_eq!(other, Ok(1));
        db.write(|tx| Box::pin(async move { insert(tx, 3).await })).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM lines").await, 2);
    });
}

async fn number_of(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM lines WHERE id = 1");
    Ok(tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0))
}

#[test]
fn a_duplicate_says_table_and_columns() {
    on_both(|db| async move {
        create(&db).await;
        db.write(|tx| Box::pin(async move { insert(tx, 1).await })).await.unwrap();
        for (text, wanted) in [
            ("INSERT INTO lines (id, name) VALUES (2, 'n1')", ("lines_name", "name")),
            ("INSERT INTO lines (id, name) VALUES (1, 'other')", ("lines_pkey", "id")),
        ] {
            let Err(StoreError::Unique { table, constraint, columns }) = run(&db, text).await else {
                panic!("{text} was not refused as a duplicate");
            };
            assert_eq!((table.as_deref(), columns), (Some("lines"), vec![wanted.1.to_owned()]));
            if db.dialect() == Dialect::Postgres {
                assert_eq!(constraint.as_deref(), Some(wanted.0));
            }
        }
    });
}

#[test]
fn other_constraints_have_errors_of_their_own() {
    on_both(|db| async move {
        run(&db, "CREATE TABLE heads (id bigint NOT NULL PRIMARY KEY, size bigint NOT NULL CONSTRAINT size_fits CHECK (size > 0))").await.unwrap();
        run(&db, "CREATE TABLE tails (head bigint NOT NULL REFERENCES heads (id) ON DELETE CASCADE)").await.unwrap();
        assert_eq!(run(&db, "INSERT INTO heads VALUES (1, 0)").await, Err(StoreError::Check("size_fits".into())));
        assert_eq!(
            run(&db, "INSERT INTO heads (id) VALUES (1)").await,
            Err(StoreError::NotNull { table: "heads".into(), column: "size".into() })
        );
        assert_eq!(run(&db, "INSERT INTO tails VALUES (7)").await, Err(StoreError::ForeignKey));
        run(&db, "INSERT INTO heads VALUES (1, 1)").await.unwrap();
        run(&db, "INSERT INTO tails VALUES (1)").await.unwrap();
        run(&db, "DELETE FROM heads").await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM tails").await, 0);
    });
}

#[test]
fn a_swallowed_failure_of_a_statement_does_not_commit() {
    on_both(|db| async move {
        create(&db).await;
        db.write(|tx| Box::pin(async move { insert(tx, 1).await })).await.unwrap();
        let outcome: StoreResult<()> = db
            .write(|tx| {
                Box::pin(async move {
                    insert(tx, 2).await?;
                    assert!(matches!(insert(tx, 1).await, Err(StoreError::Unique { .. })));
                    assert_eq!(insert(tx, 3).await, Err(StoreError::Aborted));
                    Ok(())
                })
            })
            .await;
        assert_eq!(outcome, Err(StoreError::Aborted));
        assert_eq!(number(&db, "SELECT count(*) FROM lines").await, 1);
    });
}

#[test]
fn an_attempt_behind_a_savepoint_fails_alone() {
    on_both(|db| async move {
        create(&db).await;
        let refused: StoreResult<Vec<i64>> = db
            .write(|tx| {
                Box::pin(async move {
                    let mut refused = Vec::new();
                    for id in [1, 2, 1, 3, 2] {
                        let savepoint = tx.savepoint().await?;
                        match insert(tx, id).await {
                            Ok(_) => tx.release(savepoint).await?,
                            Err(_) => {
                                tx.rollback_to(savepoint).await?;
                                refused.push(id);
                            }
                        }
                    }
                    Ok(refused)
                })
            })
            .await;
        assert_eq!(refused, Ok(vec![1, 2]));
        assert_eq!(number(&db, "SELECT sum(id) FROM lines").await, 6);
    });
}

#[test]
fn a_snapshot_does_not_see_what_is_committed_after_it_began() {
    on_both(|db| async move {
        create(&db).await;
        let mut snapshot = db.reader(Snapshot::Yes).await.unwrap();
        let mut plain = db.reader(Snapshot::No).await.unwrap();
        assert_eq!((number_of(&mut snapshot).await, number_of(&mut plain).await), (Ok(0), Ok(0)));
        db.write(|tx| Box::pin(async move { insert(tx, 1).await })).await.unwrap();
        assert_eq!((number_of(&mut snapshot).await, number_of(&mut plain).await), (Ok(0), Ok(1)));
        drop(snapshot);
        let mut snapshot = db.reader(Snapshot::Yes).await.unwrap();
        assert_eq!(number_of(&mut snapshot).await, Ok(1));
    });
}

#[test]
fn a_read_cannot_write() {
    on_both(|db| async move {
        create(&db).await;
        for snapshot in [Snapshot::No, Snapshot::Yes] {
            let mut tx = db.reader(snapshot).await.unwrap();
            assert!(insert(&mut tx, 1).await.is_err());
        }
        assert_eq!(number(&db, "SELECT count(*) FROM lines").await, 0);
    });
}

#[test]
fn a_lone_write_is_whole_or_absent() {
    on_both(|db| async move {
        let outcome: Result<(), Failure> = db
            .write_alone(|tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("CREATE TABLE half (id bigint)");
                    tx.execute(&sql.build().once()).await?;
                    Err(Failure::Refused(0))
                })
            })
            .await;
        assert_eq!(outcome, Err(Failure::Refused(0)));
        run(&db, "CREATE TABLE half (id bigint)").await.unwrap();
    });
}

#[test]
fn a_rebuild_may_break_references_on_the_way_but_not_at_the_end() {
    on_sqlite(|db| async move {
        run(&db, "CREATE TABLE heads (id INTEGER PRIMARY KEY)").await.unwrap();
        run(&db, "CREATE TABLE tails (head INTEGER REFERENCES heads (id) ON DELETE CASCADE)").await.unwrap();
        run(&db, "INSERT INTO heads VALUES (1)").await.unwrap();
        run(&db, "INSERT INTO tails VALUES (1)").await.unwrap();
        let delete = |again: bool| {
            db.write_rebuild(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("DELETE FROM heads");
                    tx.execute(&sql.build()).await?;
                    if again {
                        let mut sql = tx.sql();
                        sql.push("INSERT INTO heads VALUES (1)");
                        tx.execute(&sql.build()).await?;
                    }
                    Ok(())
                })
            })
        };
        assert_eq!(delete(false).await, Err(StoreError::ForeignKey));
        assert_eq!(delete(true).await, Ok(()));
        assert_eq!(number(&db, "SELECT count(*) FROM tails").await, 1);
        assert_eq!(run(&db, "INSERT INTO tails VALUES (2)").await, Err(StoreError::ForeignKey));
    });
}

#[test]
fn a_long_read_ends_at_its_limit_and_the_next_one_works() {
    on_both(|db| async move {
        let endless: StoreResult<i64> = db
            .read_heavy(Duration::from_millis(200), |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push(
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n",
                    );
                    Ok(tx.one(&sql.build(), |row| row.int(0)).await?.unwrap_or(0))
                })
            })
            .await;
        assert_eq!(endless, Err(StoreError::Timeout));
        assert_eq!(number(&db, "SELECT 1").await, 1);
    });
}

#[test]
fn a_write_inside_a_write_is_refused_instead_of_waiting_for_itself() {
    on_sqlite(|db| async move {
        create(&db).await;
        let inner = db.clone();
        let outcome: StoreResult<u64> =
            db.write(move |_| Box::pin(async move { inner.write(|tx| Box::pin(insert(tx, 1))).await })).await;
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{outcome:?}");
    });
}

#[test]
fn a_full_disk_loses_the_write_and_nothing_else() {
    on_sqlite(|db| async move {
        create(&db).await;
        db.write(|tx| Box::pin(async move { insert(tx, 1).await })).await.unwrap();
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        let limit = |tx: &mut Tx, text: &'static str| {
            let mut sql = tx.sql();
            sql.push(text);
            sql.build().once()
        };
        let (small, large) =
            (limit(&mut tx, "PRAGMA max_page_count = 1"), limit(&mut tx, "PRAGMA max_page_count = 100000"));
        drop(tx);
        db.write(move |tx| Box::pin(async move { tx.each(&small, |_| Ok(())).await })).await.unwrap();
        let fill = || {
            db.write(|tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("INSERT INTO lines (id, name) VALUES (9, ").val("x".repeat(1_000_000)).push(")");
                    tx.execute(&sql.build()).await
                })
            })
        };
        assert_eq!(fill().await, Err(StoreError::Full));
        assert_eq!(number(&db, "SELECT count(*) FROM lines").await, 1);
        db.write(move |tx| Box::pin(async move { tx.each(&large, |_| Ok(())).await })).await.unwrap();
        assert_eq!(fill().await, Ok(1));
    });
}

#[test]
fn a_full_disk_in_the_middle_of_a_group_leaves_exactly_the_acknowledged_ones() {
    on_sqlite(|db| async move {
        create(&db).await;
        for id in 1000..1200 {
            db.write(move |tx| Box::pin(insert(tx, id))).await.unwrap();
        }
        let pages = number(&db, "SELECT page_count FROM pragma_page_count").await;
        db.write(move |tx| {
            Box::pin(async move {
                let mut sql = tx.sql();
                sql.push("PRAGMA max_page_count = ").int(pages + 3);
                tx.each(&sql.build().once(), |_| Ok(())).await
            })
        })
        .await
        .unwrap();
        let writes: Vec<_> = (0..200i64)
            .map(|id| {
                let db = db.clone();
                tokio::spawn(async move {
                    let name = format!("{id}{}", "x".repeat(200));
                    db.write(move |tx| {
                        Box::pin(async move {
                            let mut sql = tx.sql();
                            sql.push("INSERT INTO lines (id, name) VALUES (").val(id).push(", ").val(name).push(")");
                            tx.execute(&sql.build()).await
                        })
                    })
                    .await
                })
            })
            .collect();
        let mut acknowledged = 0;
        let mut refused = 0;
        for write in writes {
            match write.await.unwrap() {
                Ok(_) => acknowledged += 1,
                Err(error) => {
                    assert_eq!(error, StoreError::Full);
                    refused += 1;
                }
            }
        }
        assert!(acknowledged > 0 && refused > 0, "{acknowledged} {refused}");
        assert_eq!(number(&db, "SELECT count(*) FROM lines WHERE id < 1000").await, acknowledged);
    });
}

#[test]
fn a_closed_store_refuses_and_a_reopened_one_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open_sqlite(&path, Default::default()).await.unwrap();
        create(&db).await;
        db.write(|tx| Box::pin(async move { insert(tx, 1).await })).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(run(&db, "DELETE FROM lines").await, Err(StoreError::Closed));
        assert_eq!(db.reader(Snapshot::No).await.err(), Some(StoreError::Closed));
        let db = Db::open_sqlite(&path, Default::default()).await.unwrap();
        assert_eq!(number(&db, "SELECT count(*) FROM lines").await, 1);
    });
}
