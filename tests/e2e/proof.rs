//! Second factors, proving once more who one is, open sessions and secrets, over HTTP and on the pages.

use crate::site::{Client, PASSWORD, Reply, Site, escape};
use serde_json::{Value as Json, json};
use totp_rs::{Builder, Secret};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": {"name": {"type": "string"}}}}),
        json!({"kind": "role", "app": "desk", "name": "writer", "grants": [{"form": "paper", "actions": ["read", "create", "update", "delete", "purge"]}]}),
        json!({"kind": "role", "app": "desk", "name": "careful", "second_factor": true, "grants": [{"form": "paper", "actions": ["read"]}]}),
    ]
}

/// The code that an authenticator shows so many seconds from now.
fn shown(site: &Site, secret: &str, later: i64) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let at = u64::try_from(site.clock.now().timestamp() + later).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(at).to_string()
}

fn pass(site: &Site, seconds: i64) {
    site.clock.set(site.clock.now() + chrono::TimeDelta::seconds(seconds));
}

/// Sets a factor up; its secret and recovery codes.
fn enrol(site: &Site, session: &Client) -> (String, Vec<String>) {
    let begun = session.post("/api/factor", json!({}));
    assert_eq!(begun.status, 201, "{}", begun.text());
    let secret = begun.json()["secret"].as_str().unwrap().to_string();
    let done = session.post("/api/factor", json!({"code": shown(site, &secret, 0)}));
    assert_eq!(done.status, 200, "{}", done.text());
    let codes = done.json()["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().into()).collect();
    (secret, codes)
}

fn sign_in(site: &Site, login: &str) -> Reply {
    site.visitor().post("/api/session", json!({"login": login, "password": PASSWORD}))
}

fn challenge(site: &Site, login: &str) -> String {
    let asked = sign_in(site, login);
    assert_eq!(asked.problem(), (401, "second_factor_required".into()));
    assert_eq!(asked.header("set-cookie"), "", "the password alone opens nothing");
    asked.json()["challenge"].as_str().unwrap().to_string()
}

/// The value of a hidden input of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_string()
}

on_both! {
    fn signing_in_takes_two_steps_by_the_api_and_by_the_page(site) {
        site.publish(definitions());
        site.person("ann", &["writer"]);
        let session = site.session("ann");
        assert_eq!(session.get("/api/factor").json(), json!({"enabled": false, "enabled_at": null, "recovery_codes": 0, "required": false}));
        let begun = session.post("/api/factor", json!({})).json();
        assert!(begun["uri"].as_str().unwrap().starts_with("otpauth://totp/"), "{begun}");
        assert!(begun["qr"].as_str().unwrap().starts_with("<svg"), "{begun}");
        let wrong = session.post("/api/factor", json!({"code": "000000"}));
        assert_eq!(wrong.faults(), [("code".to_string(), "factor_code_wrong".to_string())]);
        assert_eq!(wrong.status, 422);
        let (secret, codes) = enrol(site, &session);
        assert_eq!(session.get("/api/factor").json()["enabled"], true);

        let asked = challenge(site, "ann");
        let next = shown(site, &secret, 30);
        for body in [json!({"challenge": asked, "code": "000000"}), json!({"challenge": asked, "code": shown(site, &secret, 0)})] {
            let refused = site.visitor().post("/api/session/factor", body);
            assert_eq!(refused.problem(), (401, "factor_code_wrong".into()));
        }
        assert_eq!(site.visitor().post("/api/session/factor", json!({"challenge": "x", "code": next})).problem(), (401, "challenge_expired".into()));
        let signed = site.visitor().post("/api/session/factor", json!({"challenge": asked, "code": next}));
        assert_eq!(signed.status, 200, "{}", signed.text());
        assert_eq!(signed.json()["user"]["login"], "ann");
        assert!(signed.header("set-cookie").contains("HttpOnly"));
        assert_eq!(site.visitor().post("/api/session/factor", json!({"challenge": asked, "code": next})).problem().1, "factor_code_wrong");
        // the same by the name that says which kind of factor it is
        assert_eq!(site.visitor().post("/api/session/totp", json!({"challenge": asked, "code": codes[0]})).status, 200);

        let page = site.visitor().get("/sign-in");
        let visit = page.header("set-cookie").split(';').next().unwrap().to_string();
        let stranger = site.visitor().with("cookie", &visit);
        let post = |fields: &str| stranger.send("POST", "/sign-in", "application/x-www-form-urlencoded", Some(fields.as_bytes()));
        let csrf = escape(&hidden(&page.text(), "csrf"));
        let first = post(&format!("csrf={csrf}&next=%2Fforms%2Fpaper&login=ann&password={}", escape(PASSWORD)));
        assert_eq!((first.status, first.header("set-cookie")), (200, ""));
        let asked = escape(&hidden(&first.text(), "challenge"));
        let csrf = escape(&hidden(&first.text(), "csrf"));
        let second = post(&format!("csrf={csrf}&next=%2Fforms%2Fpaper&challenge={asked}&code=000000"));
        assert!(second.text().contains("The code is wrong"), "{}", second.text());
        assert_eq!(escape(&hidden(&second.text(), "challenge")), asked, "the second step goes on");
        let third = post(&format!("csrf={csrf}&next=%2Fforms%2Fpaper&challenge={asked}&code={}", codes[1]));
        assert_eq!((third.status, third.header("location")), (303, "/forms/paper"));
        let fourth = post(&format!("csrf={csrf}&challenge={asked}&code={}", codes[1]));
        assert_eq!(fourth.status, 200, "a recovery code opens once");
    }

    fn grave_acts_ask_again_after_ten_minutes_and_go_on_after_it(site) {
        site.publish(definitions());
        let program = site.admin();
        let session = site.session("admin");
        let gone = |name: &str| {
            let id = program.create("paper", json!({"name": name}))["id"].as_str().unwrap().to_string();
            assert_eq!(program.delete(&format!("/api/records/paper/{id}")).status, 204);
            id
        };
        let (one, two, three) = (gone("one"), gone("two"), gone("three"));
        let ann = site.person("ann", &["writer"]).id;
        let hiding = json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": {"title": {"type": "string"}}}});
        assert!(matches!(session.put("/api/definitions/form/paper", hiding).status, 200 | 201));
        let confirm = session.post("/api/publications/plan", json!({})).json()["confirm"].clone();
        assert!(!confirm.as_array().unwrap().is_empty());

        pass(site, 601);
        assert_eq!(session.get("/api/me").status, 200);
        let refused = |reply: Reply| {
            assert_eq!(reply.problem(), (403, "step_up_required".into()), "{}", reply.text());
            assert_eq!(reply.json()["ways"], json!(["password"]));
            reply.json()["act"].as_str().unwrap().to_string()
        };
        let publish = || session.post("/api/publications", json!({"note": "x", "confirm": confirm}));
        let acts = [
            refused(session.post("/api/tokens", json!({"name": "x"}))),
            refused(session.post("/api/factor", json!({}))),
            refused(session.patch(&format!("/api/users/{ann}"), json!({"roles": []}))),
            refused(session.patch(&format!("/api/users/{ann}"), json!({"email": "ann@example.com"}))),
            refused(session.post("/api/invitations", json!({"user": ann, "purpose": "reset"}))),
            refused(session.delete(&format!("/api/records/paper/recycle-bin/{one}"))),
            refused(session.post(&format!("/api/records/paper/{two}/restore"), json!({}))),
            refused(publish()),
            refused(session.get("/api/records/paper?as=ann")),
        ];
        assert_eq!(acts, ["create_token", "change_factor", "assign_roles", "change_email", "set_password", "purge", "restore", "publish", "view_as"]);
        // nothing happened, what is not grave goes on, and a token is nobody who could be asked
        assert_eq!(program.get("/api/records/paper/recycle-bin").json()["items"].as_array().unwrap().len(), 3);
        assert_eq!(session.patch("/api/me", json!({"theme": "dark"})).status, 200);
        assert_eq!(program.post(&format!("/api/records/paper/{three}/restore"), json!({})).status, 200);
        assert_eq!(program.post("/api/session/step-up", json!({"password": PASSWORD})).problem(), (403, "forbidden".into()));
        // the page of another person asks again, too
        let page = session.get("/forms/paper?as=ann");
        assert_eq!(page.status, 403);
        assert!(page.text().contains("data-step-up=\"password\""), "{}", page.text());

        for (body, want) in [
            (json!({}), (422, "required".to_string())),
            (json!({"password": "x", "code": "y"}), (422, "required".to_string())),
            (json!({"password": "wrong"}), (401, "sign_in_failed".to_string())),
            (json!({"code": "000000"}), (401, "factor_code_wrong".to_string())),
        ] {
            assert_eq!(session.post("/api/session/step-up", body).problem(), want);
        }
        let bare = site.visitor().with("cookie", &session.headers[0].1);
        assert_eq!(bare.post("/api/session/step-up", json!({"password": PASSWORD})).problem(), (403, "csrf".into()));
        let proved = session.post("/api/session/step-up", json!({"password": PASSWORD}));
        assert_eq!(proved.json(), json!({"valid_until": "2026-11-20T10:20:01Z"}));
        assert_eq!(session.post("/api/tokens", json!({"name": "x"})).status, 201);
        assert_eq!(session.patch(&format!("/api/users/{ann}"), json!({"email": "ann@example.com"})).status, 200);
        assert_eq!(session.delete(&format!("/api/records/paper/recycle-bin/{one}")).status, 204);
        assert_eq!(session.post(&format!("/api/records/paper/{two}/restore"), json!({})).status, 200);
        assert_eq!(session.get("/api/records/paper?as=ann").status, 200);
        assert_eq!(session.get("/forms/paper?as=ann").status, 200);
        assert_eq!(publish().status, 200);
    }

    fn a_role_that_asks_for_a_factor_leaves_its_members_only_the_way_to_one(site) {
        site.publish(definitions());
        let admin = site.admin();
        let ann = site.person("ann", &["writer"]);
        let session = site.session("ann");
        assert_eq!(session.get("/api/records/paper").status, 200);
        assert_eq!(site.session("admin").patch(&format!("/api/users/{}", ann.id), json!({"roles": ["careful"]})).status, 200);
        for refused in [
            session.get("/api/records/paper"),
            session.get("/api/me"),
            session.get("/api/forms"),
            session.get("/api/openapi.json"),
            session.post("/api/password", json!({"current": PASSWORD, "new": "birch and poplar"})),
            session.post("/api/tokens", json!({"name": "x"})),
            ann.get("/api/records/paper"),
            ann.get("/api/sessions"),
        ] {
            assert_eq!(refused.problem(), (403, "second_factor_missing".into()));
        }
        for path in ["/", "/forms/paper", "/profile"] {
            let page = session.get(path);
            assert_eq!((page.status, page.header("location")), (303, "/profile/security"), "{path}");
        }
        let page = session.get("/profile/security").text();
        assert!(page.contains("Your role asks for a second factor") && !page.contains("/forms/paper") && !page.contains("password-form"), "{page}");
        assert_eq!(session.get("/api/factor").json()["required"], true);
        let (secret, _) = enrol(site, &session);
        assert_eq!((session.get("/api/records/paper").status, ann.get("/api/records/paper").status), (200, 200));
        assert_eq!(session.get("/forms/paper").status, 200);

        // without a phone: somebody with power over him takes it away, and he stands before the door again
        assert_eq!(ann.delete(&format!("/api/users/{}/factor", ann.id)).problem().0, 403);
        assert_eq!(admin.delete(&format!("/api/users/{}/factor", ann.id)).problem(), (403, "forbidden".into()), "by a token");
        assert_eq!(site.session("admin").delete(&format!("/api/users/{}/factor", ann.id)).status, 204);
        assert_eq!(session.get("/api/factor").problem(), (401, "unauthenticated".into()));
        let again = site.session("ann");
        assert_eq!(again.get("/api/records/paper").problem(), (403, "second_factor_missing".into()));
        let (new, _) = enrol(site, &again);
        assert_ne!(new, secret);
        assert_eq!(again.delete("/api/factor").status, 204);
        assert_eq!(again.get("/api/records/paper").problem(), (403, "second_factor_missing".into()));
    }

    fn sessions_are_seen_and_ended_by_their_person_and_by_who_manages_people(site) {
        site.publish(definitions());
        let admin = site.admin();
        let ann = site.person("ann", &["writer"]);
        let ben = site.person("ben", &["writer"]);
        let browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0";
        let far = site.visitor().with("user-agent", browser).post("/api/session", json!({"login": "ann", "password": PASSWORD}));
        let far = site.visitor().with("cookie", far.header("set-cookie").split(';').next().unwrap());
        let here = site.session("ann");
        let listed = here.get("/api/sessions").json();
        let items = listed["items"].as_array().unwrap();
        let there = items.iter().find(|s| s["agent"] == browser).unwrap();
        assert_eq!((&there["current"], &there["second_factor"], &there["last_seen"]), (&json!(false), &json!(false), &json!("2026-11-20T10:00:00Z")));
        assert_eq!(items.iter().filter(|s| s["current"] == true).count(), 1);
        let page = here.get("/profile/security").text();
        assert!(page.contains("Edge 143, Windows") && page.contains("data-end-others") && page.contains("factor-dialog"), "{page}");
        let path = format!("/api/sessions/{}", there["id"].as_str().unwrap());
        let bens = site.session("ben");
        assert_eq!(bens.delete(&path).problem().0, 404);
        assert_eq!(bens.get(&format!("/api/sessions?user={}", ann.id)).problem().0, 403);
        assert_eq!(far.get("/api/me").status, 200);
        assert_eq!(here.delete(&path).status, 204);
        assert_eq!(far.get("/api/me").problem().0, 401);
        let manager = site.session("admin");
        let his = manager.get(&format!("/api/sessions?user={}", ben.id)).json()["items"][0]["id"].as_str().unwrap().to_string();
        assert_eq!(manager.delete(&format!("/api/sessions/{his}")).status, 204);
        let other = site.session("ann");
        assert_eq!(other.delete("/api/sessions").status, 204);
        assert_eq!((here.get("/api/me").problem().0, other.get("/api/me").status), (401, 200));
        let told = admin.get("/api/audit?what=session.end_others").json();
        assert_eq!(told["items"][0]["login"], "ann");
    }

    fn a_secret_is_written_and_never_read_back(site) {
        site.publish(definitions());
        let admin = site.admin();
        let canary = "canary-51f0-swordfish";
        assert_eq!(admin.put("/api/secrets/shop_key", json!({"value": canary})).status, 204);
        assert_eq!(admin.put("/api/secrets/shop_key", json!({"value": canary, "x": 1})).problem().0, 422);
        assert_eq!(admin.put("/api/secrets/shop_key", json!({})).problem().0, 422);
        assert_eq!(admin.put("/api/secrets/Shop%20key", json!({"value": "x"})).problem(), (422, "name_invalid".into()));
        let listed = admin.get("/api/secrets");
        assert_eq!(listed.json()["items"][0]["name"], "shop_key");
        assert_eq!(admin.get("/api/secrets/shop_key").problem(), (405, "method_not_allowed".into()));
        let told = admin.get("/api/audit?limit=500");
        assert!(told.text().contains("secret.set"));
        for text in [listed.text(), told.text(), admin.get("/api/settings/system").text(), admin.get("/api/openapi.json").text()] {
            assert!(!text.contains("canary"), "{text}");
        }
        assert_eq!(admin.delete("/api/secrets/shop_key").status, 204);
        assert_eq!(admin.delete("/api/secrets/shop_key").problem().0, 404);
    }
}
