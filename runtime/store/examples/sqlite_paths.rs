//! What a statement costs on the ways it can take to SQLite; run by hand:
//! `cargo run --release -p formwright-store --example sqlite_paths [folder]`.
//! Prints two tables: a point read of 20 columns, and saves of four inserts by 1, 8 and 32 clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use formwright_store::{Db, Durability, Kind, Snapshot, Sql, SqliteOptions, StoreError, StoreResult, Tx};

const ROWS: i64 = 20_000;
const READS: i64 = 20_000;
const SECONDS: u64 = 3;

fn main() {
    let given = std::env::args().nth(1).map(PathBuf::from);
    let folder = tempfile::tempdir_in(given.unwrap_or_else(std::env::temp_dir)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        reads(folder.path()).await;
        println!();
        println!("| saves of 4 inserts | clients | saves/s | p50 ms | p99 ms | max ms |");
        println!("|---|---|---|---|---|---|");
        for durability in [Durability::Full, Durability::Normal] {
            for clients in [1, 8, 32] {
                saves(folder.path(), durability, clients).await;
            }
        }
    });
}

async fn run(db: &Db, text: &'static str) {
    let write = db.write(move |tx| {
        Box::pin(async move {
            let mut sql = tx.sql();
            sql.push(text);
            tx.execute(&sql.build().once()).await
        })
    });
    write.await.unwrap();
}

fn percentile(times: &mut [Duration], of_thousand: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * of_thousand / 1000]
}

async fn reads(folder: &Path) {
    let options = SqliteOptions { durability: Durability::Normal, readers: 2 };
    let db = Db::open_sqlite(&folder.join("reads.db"), options).await.unwrap();
    let mut sql = db.dialect().sql();
    sql.push("CREATE TABLE wide (id INTEGER PRIMARY KEY").list("", 0..20, |sql, at| {
        sql.push(", c").int(at).push(if at % 2 == 0 { " TEXT" } else { " INTEGER" });
    });
    sql.push(") STRICT");
    let sql = sql.build();
    db.write_alone(move |tx| Box::pin(async move { tx.execute(&sql).await })).await.unwrap();
    let filled: StoreResult<()> = db
        .write(|tx| {
            Box::pin(async move {
                for id in 0..ROWS {
                    let mut sql = tx.sql();
                    sql.push("INSERT INTO wide VALUES (").val(id).list("", 0..20i64, |sql, at| {
                        sql.push(", ");
                        if at % 2 == 0 {
                            sql.val(format!("value {at} of {id}"))
                        } else {
                            sql.val(id * at)
                        };
                    });
                    sql.push(")");
                    tx.execute(&sql.build()).await?;
                }
                Ok(())
            })
        })
        .await;
    filled.unwrap();

    println!("| point read of 20 columns as JSON | p50 µs | p99 µs |");
    println!("|---|---|---|");
    let mut times = Vec::new();
    for at in 0..READS {
        let begun = Instant::now();
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        point_read(&mut tx, at * 7919 % ROWS).await.unwrap();
        drop(tx);
        times.push(begun.elapsed());
    }
    print_read("on the calling thread", &mut times);
    times.clear();
    for at in 0..READS {
        let begun = Instant::now();
        let mut tx = db.reader(Snapshot::Yes).await.unwrap();
        point_read(&mut tx, at * 7919 % ROWS).await.unwrap();
        drop(tx);
        times.push(begun.elapsed());
    }
    print_read("the same, in a snapshot", &mut times);
    times.clear();
    for at in 0..READS {
        let begun = Instant::now();
        let read = db.read_heavy(Duration::from_secs(10), move |tx| Box::pin(point_read(tx, at * 7919 % ROWS)));
        read.await.unwrap();
        times.push(begun.elapsed());
    }
    print_read("through the blocking pool, in a snapshot", &mut times);
    db.close().await.unwrap();
}

fn print_read(name: &str, times: &mut [Duration]) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!("| {name} | {:.1} | {:.1} |", micros(percentile(times, 500)), micros(percentile(times, 990)));
}

async fn point_read(tx: &mut Tx, id: i64) -> StoreResult<usize> {
    let mut sql = tx.sql();
    sql.push("SELECT ").list(", ", 0..20, |sql, at| {
        sql.push("c").int(at);
    });
    sql.push(" FROM wide WHERE id = ").val(id);
    let mut json = Vec::with_capacity(1024);
    tx.each(&sql.build(), |row| {
        for at in 0..20 {
            row.write_json(at, if at % 2 == 0 { Kind::Text } else { Kind::Int }, &mut json)?;
        }
        Ok(())
    })
    .await?;
    Ok(json.len())
}

async fn saves(folder: &Path, durability: Durability, clients: usize) {
    let path = folder.join(format!("saves-{durability:?}-{clients}.db"));
    let db = Db::open_sqlite(&path, SqliteOptions { durability, readers: 1 }).await.unwrap();
    for table in [
        "CREATE TABLE a (id INTEGER PRIMARY KEY, body TEXT) STRICT",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, body TEXT) STRICT",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, body TEXT) STRICT",
        "CREATE TABLE d (id INTEGER PRIMARY KEY, body TEXT) STRICT",
    ] {
        run(&db, table).await;
    }
    let begun = Instant::now();
    let work: Vec<_> = (0..clients)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                while begun.elapsed() < Duration::from_secs(SECONDS) {
                    let start = Instant::now();
                    db.write(|tx| Box::pin(save(tx))).await.unwrap();
                    times.push(start.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for one in work {
        times.extend(one.await.unwrap());
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {durability:?} | {clients} | {rate:.0} | {:.2} | {:.2} | {:.1} |",
        millis(percentile(&mut times, 500)),
        millis(percentile(&mut times, 990)),
        millis(percentile(&mut times, 1000)),
    );
    db.close().await.unwrap();
}

async fn save(tx: &mut Tx) -> Result<(), StoreError> {
    let insert: [fn(&mut Tx) -> Sql; 4] = [
        |tx| insert(tx, "INSERT INTO a (body) VALUES ("),
        |tx| insert(tx, "INSERT INTO b (body) VALUES ("),
        |tx| insert(tx, "INSERT INTO c (body) VALUES ("),
        |tx| insert(tx, "INSERT INTO d (body) VALUES ("),
    ];
    for insert in insert {
        let sql = insert(tx);
        tx.execute(&sql).await?;
    }
    Ok(())
}

fn insert(tx: &mut Tx, head: &'static str) -> Sql {
    let mut sql = tx.sql();
    sql.push(head).val("x".repeat(200)).push(")");
    sql.build()
}
