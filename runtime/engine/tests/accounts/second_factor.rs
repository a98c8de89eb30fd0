//! The second factor, and proving once more who one is.

use super::support::on_both;
use super::{House, PASSWORD, client, code, count, wait};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_engine::accounts::{self, Act, Again, Purpose, SignedIn};
use formwright_engine::audit::{self, AuditQuery};
use formwright_engine::{Context, EngineError};
use serde_json::{Value as Json, json};
use totp_rs::{Builder, Secret, Totp};

/// An authenticator.
pub(super) struct Phone(Totp);

impl Phone {
    pub(super) fn of(begun: &Json) -> Phone {
        let secret = begun["secret"].as_str().unwrap().replace(' ', "");
        assert!(begun["uri"].as_str().unwrap().contains(&secret));
        Phone(Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build().unwrap())
    }

    /// The code that it shows then.
    pub(super) fn shows(&self, at: DateTime<Utc>) -> String {
        self.0.generate(u64::try_from(at.timestamp()).unwrap()).to_string()
    }
}

impl House {
    fn now(&self) -> DateTime<Utc> {
        *self.clock.lock()
    }

    /// Sets a factor up in a session; gives the authenticator and the recovery codes.
    async fn enrol(&self, cx: &Context) -> (Phone, Vec<String>) {
        let phone = Phone::of(&accounts::begin_factor(cx).await.unwrap());
        let done = accounts::confirm_factor(cx, &phone.shows(self.now())).await.unwrap();
        let codes = done["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
        (phone, codes)
    }

    /// The first step of signing in; what it asks the second one with.
    async fn challenge(&self, login: &str) -> String {
        match accounts::sign_in(&self.engine, &client(), login, PASSWORD).await {
            Err(EngineError::Refused(refusal)) if refusal.code.code == "second_factor_required" => {
                refusal.extra["challenge"].as_str().unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("the password alone opened it"),
        }
    }

    async fn second(&self, challenge: &str, code: &str) -> Result<SignedIn, EngineError> {
        accounts::sign_in_with_factor(&self.engine, &client(), challenge, code).await
    }

    async fn here(&self, login: &str) -> Context {
        self.request(&self.enter(login).await.cookie).await.unwrap()
    }

    async fn told(&self, what: &str) -> Vec<Json> {
        let query = AuditQuery { what: Some(what.into()), ..AuditQuery::default() };
        audit::read(&self.system(), &query).await.unwrap()["items"].as_array().unwrap().clone()
    }
}

#[test]
fn a_code_opens_what_the_password_alone_does_not_and_no_code_opens_twice() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let other = house.enter("here").await.cookie;
        let cx = house.here("here").await;
        let (phone, codes) = house.enrol(&cx).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(accounts::factor(&cx).await.unwrap()["recovery_codes"], 10);
        assert!(house.request(&other).await.is_none(), "a session opened without it is over");
        // the step that confirmed it is used up
        let challenge = house.challenge("here").await;
        assert_eq!(code(house.second(&challenge, &phone.shows(house.now())).await.map(|_| ())), "factor_code_wrong");
        let next = phone.shows(house.now() + TimeDelta::seconds(30));
        let signed = house.second(&challenge, &next).await.unwrap();
        assert!(house.request(&signed.cookie).await.is_some());
        assert_eq!(code(house.second(&challenge, &next).await.map(|_| ())), "factor_code_wrong");
        // a step before the one used is refused as well, however right its code
        house.pass(30);
        let before = phone.shows(house.now() - TimeDelta::seconds(30));
        assert_eq!(code(house.second(&challenge, &before).await.map(|_| ())), "factor_code_wrong");
        house.pass(60);
        house.second(&challenge, &phone.shows(house.now() - TimeDelta::seconds(30))).await.unwrap();
        house.pass(90);
        let late = phone.shows(house.now() - TimeDelta::seconds(60));
        assert_eq!(code(house.second(&challenge, &late).await.map(|_| ())), "factor_code_wrong");
        house.pass(300);
        let code_now = phone.shows(house.now());
        assert_eq!(code(house.second(&challenge, &code_now).await.map(|_| ())), "challenge_expired");
        for forged in ["", "x", &"A".repeat(96), &challenge[1..]] {
            assert_eq!(code(house.second(forged, &code_now).await.map(|_| ())), "challenge_expired");
        }
    });
}

#[test]
fn a_recovery_code_opens_once_and_is_written_down() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cx = house.here("here").await;
        let (_, codes) = house.enrol(&cx).await;
        let challenge = house.challenge("here").await;
        house.second(&challenge, &codes[3].to_uppercase()).await.unwrap();
        assert_eq!(code(house.second(&challenge, &codes[3]).await.map(|_| ())), "factor_code_wrong");
        house.second(&challenge, &codes[4].replace('-', "")).await.unwrap();
        assert_eq!(accounts::factor(&cx).await.unwrap()["recovery_codes"], 8);
        assert_eq!(house.told("factor.recovery").await.len(), 2);
        let kept = count(house.engine.db(), "SELECT count(*) FROM fw_recovery_codes").await;
        assert_eq!(kept, 10);
        for what in ["factor.begin", "factor.enable", "session.challenge", "session.factor", "factor.recovery"] {
            let told = json!(house.told(what).await).to_string();
            assert!(told.len() > 2, "{what}");
            assert!(!codes.iter().any(|code| told.contains(code.as_str())) && !told.contains(&challenge), "{told}");
        }
    });
}

#[test]
fn a_known_password_buys_no_further_guesses_at_the_code() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cx = house.here("here").await;
        let (phone, _) = house.enrol(&cx).await;
        for _ in 0..5 {
            // each time with the right password before it
            let challenge = house.challenge("here").await;
            assert_eq!(code(house.second(&challenge, "000000").await.map(|_| ())), "factor_code_wrong");
        }
        assert_eq!(wait(accounts::sign_in(&house.engine, &client(), "here", PASSWORD).await), 1);
        house.pass(1);
        let challenge = house.challenge("here").await;
        let right = phone.shows(house.now() + TimeDelta::seconds(30));
        assert_eq!(code(house.second(&challenge, "000000").await.map(|_| ())), "factor_code_wrong");
        assert_eq!(wait(house.second(&challenge, &right).await), 2);
        house.pass(2);
        house.twin().second(&challenge, &right).await.unwrap();
        assert_eq!(count(house.engine.db(), "SELECT failures FROM fw_users WHERE login = 'here'").await, 0);
    });
}

#[test]
fn guesses_at_a_code_at_once_do_not_pass_the_limit_by_more_than_the_places() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cx = house.here("here").await;
        house.enrol(&cx).await;
        let challenge = house.challenge("here").await;
        let tries: Vec<_> = (0..30)
            .map(|_| {
                let (engine, challenge) = (house.engine.clone(), challenge.clone());
                tokio::spawn(async move {
                    accounts::sign_in_with_factor(&engine, &client(), &challenge, "000000").await.map(|_| ())
                })
            })
            .collect();
        let mut looked_at = 0;
        for attempt in tries {
            looked_at += i32::from(code(attempt.await.unwrap()) == "factor_code_wrong");
        }
        assert!((5..=8).contains(&looked_at), "{looked_at}");
    });
}

#[test]
fn one_code_sent_twice_at_once_opens_one_session() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cx = house.here("here").await;
        let (phone, codes) = house.enrol(&cx).await;
        let challenge = house.challenge("here").await;
        for sent in [phone.shows(house.now() + TimeDelta::seconds(30)), codes[0].clone()] {
            let (one, two) = tokio::join!(house.second(&challenge, &sent), house.second(&challenge, &sent));
            assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        }
    });
}

#[test]
fn the_secret_of_a_factor_is_readable_with_the_key_only_and_only_for_its_person() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        house.add("thief", json!([])).await;
        let cx = house.here("here").await;
        let (phone, _) = house.enrol(&cx).await;
        let mine = house.here("thief").await;
        house.enrol(&mine).await;
        // the row of another put in place of one's own
        super::support::run(
            house.engine.db(),
            "UPDATE fw_factors SET secret = (SELECT f.secret FROM fw_factors AS f JOIN fw_users AS u ON u.id = f.\"user\" WHERE u.login = 'here') WHERE \"user\" = (SELECT id FROM fw_users WHERE login = 'thief')",
        )
        .await
        .unwrap();
        let challenge = house.challenge("thief").await;
        let refused = house.second(&challenge, &phone.shows(house.now() + TimeDelta::seconds(30))).await.map(|_| ());
        assert!(matches!(refused, Err(EngineError::Internal(_))), "{refused:?}");
    });
}

#[test]
fn a_new_password_by_link_still_asks_for_the_code_and_one_of_ones_own_does_not() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("here", json!([])).await;
        let cx = house.here("here").await;
        let (phone, _) = house.enrol(&cx).await;
        let old = house.challenge("here").await;
        let signed = accounts::change_password(&cx, &client(), PASSWORD, "birch and poplar").await.unwrap();
        assert!(house.request(&signed.cookie).await.is_some());
        let right = phone.shows(house.now() + TimeDelta::seconds(30));
        assert_eq!(code(house.second(&old, &right).await.map(|_| ())), "challenge_expired", "of the old password");
        let link = accounts::create_link(&house.system(), id, Purpose::Reset).await.unwrap();
        let refused = accounts::use_link(&house.engine, &client(), &link.token, PASSWORD).await.map(|_| ());
        let Err(EngineError::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.code.code, "second_factor_required");
        let entered = house.second(refusal.extra["challenge"].as_str().unwrap(), &right).await.unwrap();
        assert!(house.request(&entered.cookie).await.is_some());
        assert!(accounts::look_at_link(&house.engine, &link.token).await.unwrap().is_none(), "the link is used up");
    });
}

#[test]
fn what_is_grave_asks_again_ten_minutes_after_the_last_proof() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("here", json!([])).await;
        let entered = house.enter("root").await;
        let at =
            || async { house.request(&entered.cookie).await.map(|cx| Context { now: house.now(), ..cx }).unwrap() };
        accounts::require_step_up(&at().await, Act::Purge).await.unwrap();
        house.pass(600);
        accounts::require_step_up(&at().await, Act::Purge).await.unwrap();
        house.pass(1);
        let cx = at().await;
        let refused = accounts::require_step_up(&cx, Act::Purge).await;
        let Err(EngineError::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert_eq!((refusal.code.code, refusal.code.status), ("step_up_required", 403));
        assert_eq!((&refusal.extra["act"], &refusal.extra["ways"]), (&json!("purge"), &json!(["password"])));
        let grave = [
            code(accounts::create_token(&cx, &json!({"name": "x"})).await),
            code(accounts::update_user(&cx, id, &json!({"roles": ["staff"]}), None).await),
            code(accounts::update_user(&cx, id, &json!({"email": "a@example.com"}), None).await),
            code(accounts::update_user(&cx, id, &json!({"password": "birch and poplar"}), None).await),
            code(accounts::set_password(&cx, id, "birch and poplar").await),
            code(accounts::create_link(&cx, id, Purpose::Reset).await),
            code(accounts::create_user(&cx, &json!({"login": "new", "roles": ["staff"]})).await),
            code(accounts::view_as(&cx, "here").await.map(|_| ())),
            code(accounts::begin_factor(&cx).await),
            code(accounts::reset_factor(&cx, id).await),
        ];
        assert_eq!(grave, ["step_up_required"; 10]);
        assert_eq!(count(house.engine.db(), "SELECT count(*) FROM fw_tokens").await, 0);
        // what is not grave goes on
        accounts::update_user(&cx, id, &json!({"phone": "123"}), None).await.unwrap();
        accounts::update_me(&cx, &json!({"theme": "dark"})).await.unwrap();
        assert_eq!(code(accounts::step_up(&cx, &client(), Again::Password("wrong")).await), "sign_in_failed");
        assert_eq!(code(accounts::step_up(&cx, &client(), Again::Code("000000")).await), "factor_code_wrong");
        assert_eq!(code(accounts::require_step_up(&cx, Act::Purge).await), "step_up_required");
        let until = accounts::step_up(&cx, &client(), Again::Password(PASSWORD)).await.unwrap();
        assert_eq!(until, house.now() + TimeDelta::minutes(10));
        accounts::create_token(&cx, &json!({"name": "x"})).await.unwrap();
        assert_eq!(house.told("session.step_up").await.len(), 1);
        // another session of the same person was not asked
        house.pass(1);
        let twin = house.twin();
        let cx = twin.request(&entered.cookie).await.unwrap();
        accounts::require_step_up(&Context { now: house.now(), ..cx }, Act::Purge).await.unwrap();
    });
}

#[test]
fn a_session_that_proved_itself_lends_nothing_to_another_and_a_token_cannot_prove_anything() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let (one, two) = (house.enter("here").await.cookie, house.enter("here").await.cookie);
        let token = accounts::create_token(&house.request(&one).await.unwrap(), &json!({"name": "x"})).await.unwrap();
        house.pass(601);
        let (one, two) = (house.request(&one).await.unwrap(), house.request(&two).await.unwrap());
        accounts::step_up(&one, &client(), Again::Password(PASSWORD)).await.unwrap();
        accounts::require_step_up(&one, Act::CreateToken).await.unwrap();
        assert_eq!(code(accounts::require_step_up(&two, Act::CreateToken).await), "step_up_required");
        let program = house.with_token(token["token"].as_str().unwrap()).await.unwrap();
        assert_eq!(code(accounts::step_up(&program, &client(), Again::Password(PASSWORD)).await), "forbidden");
        assert_eq!(code(accounts::begin_factor(&program).await), "forbidden");
        assert_eq!(code(accounts::confirm_factor(&program, "000000").await), "forbidden");
        assert_eq!(code(accounts::switch_off_factor(&program).await), "forbidden");
    });
}

#[test]
fn a_factor_in_use_is_changed_only_by_whoever_has_it() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let entered = house.enter("here").await;
        let at = || async { house.request(&entered.cookie).await.unwrap() };
        let (phone, codes) = house.enrol(&at().await).await;
        house.pass(601);
        accounts::step_up(&at().await, &client(), Again::Password(PASSWORD)).await.unwrap();
        // enough for a token, not for the factor
        accounts::create_token(&at().await, &json!({"name": "x"})).await.unwrap();
        let refused = accounts::switch_off_factor(&at().await).await;
        let Err(EngineError::Refused(refusal)) = refused else { panic!("{refused:?}") };
        assert_eq!((refusal.code.code, &refusal.extra["ways"]), ("step_up_required", &json!(["factor"])));
        assert_eq!(code(accounts::begin_factor(&at().await).await), "step_up_required");
        accounts::step_up(&at().await, &client(), Again::Code(&phone.shows(house.now()))).await.unwrap();
        // replaced: the old phone and the old codes are worthless, and until it is confirmed they are not
        let begun = Phone::of(&accounts::begin_factor(&at().await).await.unwrap());
        let challenge = house.challenge("here").await;
        house.second(&challenge, &codes[0]).await.unwrap();
        let refused = accounts::confirm_factor(&at().await, &phone.shows(house.now())).await;
        assert_eq!(code(refused), "validation_failed", "a code of the old one");
        let done = accounts::confirm_factor(&at().await, &begun.shows(house.now())).await.unwrap();
        house.pass(60);
        assert_eq!(code(house.second(&challenge, &codes[1]).await.map(|_| ())), "factor_code_wrong");
        assert_eq!(code(house.second(&challenge, &phone.shows(house.now())).await.map(|_| ())), "factor_code_wrong");
        house.second(&challenge, &begun.shows(house.now())).await.unwrap();
        assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);
        accounts::switch_off_factor(&at().await).await.unwrap();
        assert_eq!(accounts::factor(&at().await).await.unwrap()["enabled"], false);
        house.enter("here").await;
        assert_eq!(code(accounts::switch_off_factor(&at().await).await), "not_found");
        assert_eq!(house.told("factor.disable").await.len(), 1);
    });
}

#[test]
fn a_secret_that_was_shown_and_not_confirmed_changes_nothing_and_grows_old() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cx = house.here("here").await;
        let phone = Phone::of(&accounts::begin_factor(&cx).await.unwrap());
        house.enter("here").await;
        assert_eq!(accounts::factor(&cx).await.unwrap()["enabled"], false);
        house.pass(901);
        let cx = house.here("here").await;
        assert_eq!(code(accounts::confirm_factor(&cx, &phone.shows(house.now())).await), "validation_failed");
        assert_eq!(accounts::factor(&cx).await.unwrap()["enabled"], false);
    });
}

#[test]
fn who_lost_the_factor_is_helped_by_who_has_power_over_him_and_by_nobody_else() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("here", json!(["staff"])).await;
        house.add("clerk", json!(["staff"])).await;
        house.add("head", json!(["people"])).await;
        let root = house.here("root").await;
        let root_id = root.principal().unwrap().person.id;
        let cookie = house.enter("here").await.cookie;
        house.enrol(&house.request(&cookie).await.unwrap()).await;
        assert_eq!(code(accounts::reset_factor(&house.here("clerk").await, id).await), "forbidden");
        house.enrol(&root).await;
        assert_eq!(code(accounts::reset_factor(&house.here("head").await, root_id).await), "forbidden", "more power");
        assert_eq!(code(accounts::reset_factor(&root, root_id).await), "forbidden", "nobody for himself");
        accounts::reset_factor(&house.here("head").await, id).await.unwrap();
        assert!(house.request(&cookie).await.is_none(), "his sessions are over");
        house.enter("here").await;
        assert_eq!(house.told("factor.reset").await[0]["on"]["user"], json!(id));
        assert_eq!(code(accounts::reset_factor(&house.system(), id).await), "not_found");
        accounts::reset_factor(&house.system(), root_id).await.unwrap();
        house.enter("root").await;
    });
}

#[test]
fn a_role_that_asks_for_a_factor_closes_the_door_from_the_next_request_in_every_process() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let twin = house.twin();
        let id = house.add("here", json!(["staff"])).await;
        let cookie = house.enter("here").await.cookie;
        let must = |cx: Option<Context>| cx.unwrap().principal().unwrap().must_enrol;
        assert!(!must(twin.request(&cookie).await));
        accounts::update_user(&house.system(), id, &json!({"roles": ["auditor"]}), None).await.unwrap();
        assert!(must(twin.request(&cookie).await));
        let pass = accounts::Pass::of_cookie(&cookie).unwrap();
        assert!(accounts::look_again(&twin.engine, pass).await.unwrap().is_none(), "what goes on ends");
        let cx = twin.request(&cookie).await.unwrap();
        assert_eq!(accounts::factor(&cx).await.unwrap()["required"], true);
        house.enrol(&house.request(&cookie).await.unwrap()).await;
        assert!(!must(twin.request(&cookie).await));
        assert!(accounts::look_again(&twin.engine, pass).await.unwrap().is_some());
        accounts::switch_off_factor(&house.request(&cookie).await.unwrap()).await.unwrap();
        assert!(must(twin.request(&cookie).await));
    });
}
