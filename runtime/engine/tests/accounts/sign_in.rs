//! Coming in with a password, and guessing it.

use super::support::on_both;
use super::{House, PASSWORD, client, code, count, wait};
use chrono::TimeDelta;
use formwright_engine::accounts::{self, Client, Purpose};
use serde_json::json;

#[test]
fn a_person_signs_in_is_known_by_his_cookie_and_signs_out() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("Zhang.Wei", json!(["seller"])).await;
        let entered = accounts::sign_in(&house.engine, &client(), " zhang.wei ", PASSWORD).await.unwrap();
        assert_eq!(entered.principal.person.id, id);
        assert_eq!(entered.principal.person.roles, ["everyone", "seller", "staff"]);
        assert!(!entered.principal.admin);
        let cx = house.request(&entered.cookie).await.unwrap();
        assert_eq!(cx.principal().unwrap().person.login, "Zhang.Wei");
        assert!(accounts::csrf_matches(&house.engine, &entered.principal.via, &entered.csrf));
        assert!(!accounts::csrf_matches(&house.engine, &entered.principal.via, "AAAA"));
        let stored = count(house.engine.db(), "SELECT count(*) FROM fw_sessions").await;
        accounts::sign_out(&cx).await.unwrap();
        assert_eq!(count(house.engine.db(), "SELECT count(*) FROM fw_sessions").await, stored - 1);
        assert!(house.request(&entered.cookie).await.is_none());
        for bad in ["", "x", "ÿÿÿÿ", &"A".repeat(43), &"A".repeat(9999)] {
            assert!(house.request(bad).await.is_none());
        }
    });
}

#[test]
fn an_unknown_login_a_wrong_password_and_a_disabled_person_get_the_same_answer() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("gone", json!([])).await;
        house.add("here", json!([])).await;
        accounts::update_user(&house.system(), id, &json!({"active": false}), None).await.unwrap();
        for (login, password) in [("nobody", PASSWORD), ("here", "wrong"), ("gone", PASSWORD), ("", ""), ("here", "")] {
            let refused = accounts::sign_in(&house.engine, &client(), login, password).await;
            assert_eq!(code(refused.map(|_| ())), "sign_in_failed", "{login}");
        }
    });
}

#[test]
fn an_unknown_login_takes_as_long_as_a_wrong_password() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let mut best = [std::time::Duration::MAX; 2];
        // in turns, so that a busy machine slows both
        for _ in 0..4 {
            for (best, login) in best.iter_mut().zip(["nobody", "here"]) {
                let start = std::time::Instant::now();
                let _ = accounts::sign_in(&house.engine, &client(), login, "wrong").await;
                *best = start.elapsed().min(*best);
            }
        }
        // without a hash it would be a fiftieth
        let [unknown, known] = best;
        assert!(unknown * 10 > known, "{best:?}");
    });
}

#[test]
fn guessing_slows_down_by_the_clock_for_known_and_unknown_logins_alike() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        for login in ["here", "nobody"] {
            for _ in 0..4 {
                assert_eq!(
                    code(accounts::sign_in(&house.engine, &client(), login, "wrong").await.map(|_| ())),
                    "sign_in_failed"
                );
            }
            let mut seconds = 1;
            for _ in 0..3 {
                assert_eq!(
                    code(accounts::sign_in(&house.engine, &client(), login, "wrong").await.map(|_| ())),
                    "sign_in_failed"
                );
                // even with the right password
                assert_eq!(wait(accounts::sign_in(&house.engine, &client(), login, PASSWORD).await), seconds);
                house.pass(i64::try_from(seconds).unwrap());
                seconds *= 2;
            }
        }
        // The count is in the database: another process knows it; a success clears it.
        assert_eq!(count(house.engine.db(), "SELECT failures FROM fw_users WHERE login = 'here'").await, 7);
        house.twin().enter("here").await;
        assert_eq!(count(house.engine.db(), "SELECT failures FROM fw_users WHERE login = 'here'").await, 0);
    });
}

#[test]
fn a_stranger_cannot_keep_the_owner_out_of_his_own_browser() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let known = Client { device: Some(house.enter("here").await.device), ..client() };
        for _ in 0..5 {
            let _ = accounts::sign_in(&house.engine, &client(), "here", "wrong").await;
        }
        wait(accounts::sign_in(&house.engine, &client(), "here", PASSWORD).await);
        accounts::sign_in(&house.engine, &known, "here", PASSWORD).await.unwrap();
        let forged = Client { device: Some("A".repeat(96)), ..client() };
        for _ in 0..5 {
            let _ = accounts::sign_in(&house.engine, &known, "here", "wrong").await;
        }
        wait(accounts::sign_in(&house.engine, &known, "here", PASSWORD).await);
        accounts::sign_in(&house.engine, &forged, "here", PASSWORD).await.unwrap();
    });
}

#[test]
fn guesses_at_once_do_not_pass_the_limit_by_more_than_the_places() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let tries: Vec<_> = (0..30)
            .map(|_| {
                let engine = house.engine.clone();
                tokio::spawn(async move { accounts::sign_in(&engine, &client(), "here", "wrong").await.map(|_| ()) })
            })
            .collect();
        let mut looked_at = 0;
        for attempt in tries {
            looked_at += i32::from(code(attempt.await.unwrap()) == "sign_in_failed");
        }
        assert!((5..=8).contains(&looked_at), "{looked_at}");
    });
}

#[test]
fn a_link_sets_a_password_once() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (user, link) =
            accounts::create_user(&house.system(), &json!({"login": "new", "name": "New Person", "roles": ["staff"]}))
                .await
                .unwrap();
        let link = link.unwrap();
        assert_eq!(link.expires_at - house.engine.now(), TimeDelta::hours(72));
        for _ in 0..2 {
            let view = accounts::look_at_link(&house.engine, &link.token).await.unwrap().unwrap();
            assert_eq!((view.login.as_str(), view.purpose.as_str()), ("new", "invite"));
        }
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, "short").await.map(|_| ())),
            "password_too_short"
        );
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, "password123456").await.map(|_| ())),
            "password_too_common"
        );
        let browser = client();
        let (one, two) = tokio::join!(
            accounts::use_link(&house.engine, &browser, &link.token, PASSWORD),
            accounts::use_link(&house.engine, &browser, &link.token, PASSWORD)
        );
        assert!(one.is_ok() != two.is_ok());
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, PASSWORD).await.map(|_| ())),
            "not_found"
        );
        let id = user["id"].as_str().unwrap().parse().unwrap();
        let older = accounts::create_link(&house.system(), id, Purpose::Reset).await.unwrap();
        let newer = accounts::create_link(&house.system(), id, Purpose::Reset).await.unwrap();
        assert_eq!(accounts::look_at_link(&house.engine, &older.token).await.unwrap(), None);
        house.pass(30 * 60);
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &newer.token, PASSWORD).await.map(|_| ())),
            "not_found"
        );
    });
}
