//! A key is claimed once, and its answer is there exactly when the effect is, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use formwright_store::idempotency::{ABANDONED, Claim, IdempotencyKey, StoredAnswer, claim, complete, forget, release};
use formwright_store::{Db, StoreError, tables};
use support::on_both;
use uuid::Uuid;

fn key(body: u8) -> IdempotencyKey {
    IdempotencyKey {
        person: Uuid::from_u128(7),
        method: "POST".into(),
        route: "/api/records/acct".into(),
        key: "k".into(),
        body_hash: [body; 32],
    }
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, headers: r#"{"location":"/x"}"#.into(), body: b"{\"id\":1}".to_vec() }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

async fn claimed(db: &Db, body: u8, now: DateTime<Utc>) -> Claim {
    db.write(move |tx| Box::pin(async move { claim(tx, &key(body), now).await })).await.unwrap()
}

#[test]
fn the_first_answer_is_given_again_and_another_body_is_told_apart() {
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        assert_eq!(claimed(&db, 1, noon()).await, Claim::New);
        assert_eq!(claimed(&db, 1, noon()).await, Claim::Running);
        assert_eq!(claimed(&db, 2, noon()).await, Claim::Mismatch);
        db.write(|tx| Box::pin(async move { complete(tx, &key(1), &answer()).await })).await.unwrap();
        assert_eq!(claimed(&db, 1, noon()).await, Claim::Done(answer()));
        assert_eq!(claimed(&db, 2, noon()).await, Claim::Mismatch);
    });
}

#[test]
fn a_released_or_abandoned_claim_can_be_taken_again_and_old_answers_are_forgotten() {
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        assert_eq!(claimed(&db, 1, noon()).await, Claim::New);
        db.write(|tx| Box::pin(async move { release(tx, &key(1)).await })).await.unwrap();
        assert_eq!(claimed(&db, 2, noon()).await, Claim::New);
        let later = noon() + ABANDONED;
        assert_eq!(claimed(&db, 2, later - TimeDelta::seconds(1)).await, Claim::Running);
        assert_eq!(claimed(&db, 2, later).await, Claim::New);
        let gone: u64 =
            db.write(move |tx| Box::pin(async move { forget(tx, later + TimeDelta::hours(25)).await })).await.unwrap();
        assert_eq!(gone, 1);
    });
}

#[test]
fn ten_requests_with_one_key_in_their_effects_transaction_have_one_effect() {
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        let tries: Vec<_> = (0..10)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.write(|tx| {
                        Box::pin(async move {
                            match claim(tx, &key(1), noon()).await? {
                                Claim::New => complete(tx, &key(1), &answer()).await.map(|()| true),
                                Claim::Done(found) if found == answer() => Ok(false),
                                other => Err(StoreError::Other(format!("{other:?}"))),
                            }
                        })
                    })
                    .await
                })
            })
            .collect();
        let mut effects = 0;
        for one in tries {
            if one.await.unwrap().unwrap() {
                effects += 1;
            }
        }
        assert_eq!(effects, 1);
    });
}
