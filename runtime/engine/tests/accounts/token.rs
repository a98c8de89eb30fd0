//! What a token may not do though its person may.

use super::support::on_both;
use super::{House, code};
use formwright_engine::accounts;
use serde_json::{Value as Json, json};

#[test]
fn a_token_opens_no_account_whatever_its_person_may_do() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("boss", json!(["admin"])).await;
        let ann = house.add("ann", json!([])).await;
        let session = house.enter("boss").await.cookie;
        let token =
            accounts::create_token(&house.request(&session).await.unwrap(), &json!({"name": "x"})).await.unwrap();
        let program = house.with_token(token["token"].as_str().unwrap()).await.unwrap();
        let update = |body: Json| {
            let program = program.clone();
            async move { accounts::update_user(&program, ann, &body, None).await }
        };
        assert_eq!(code(accounts::set_password(&program, ann, "another long password").await), "forbidden");
        assert_eq!(code(accounts::create_link(&program, ann, accounts::Purpose::Reset).await), "forbidden");
        assert_eq!(code(accounts::reset_factor(&program, ann).await), "forbidden");
        assert_eq!(code(update(json!({"email": "mine@example.com"})).await), "forbidden");
        assert_eq!(code(update(json!({"password": "another long password"})).await), "forbidden");
        assert_eq!(code(update(json!({"name": "Ann Lee"})).await), "forbidden");
        assert_eq!(code(update(json!({"roles": []})).await), "forbidden");
    });
}
