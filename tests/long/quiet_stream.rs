//! A stream of events on which nothing happens for longer than a proxy waits for a silent server.

use crate::front::Front;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_stream_behind_nginx_lives_through_two_quiet_minutes_and_then_tells() {
    let front = Front::start();
    let mut browser = front.browser();
    browser.sign_in();
    front.publish_papers(&browser);
    let mut stream = front.listen(&browser, "");
    let begun = Instant::now();
    let mut place = String::new();
    // each part is a sign of life; the reader itself gives up after thirty seconds of silence
    while begun.elapsed() < Duration::from_secs(125) {
        place = stream.part().expect("the stream goes on").id;
    }
    assert!(!place.is_empty());
    let made = browser.send("POST", "/crm/api/records/paper", json!({"name": "after"}));
    assert_eq!(stream.record(), ("created".into(), made.json()["id"].as_str().unwrap().into()));
}
