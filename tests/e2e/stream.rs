//! Somebody who listens to the stream of events.

use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An open stream.
pub struct Stream(BufReader<TcpStream>);

#[derive(Debug, Default)]
pub struct Heard {
    pub event: String,
    pub data: Json,
    pub id: String,
}

impl Stream {
    /// Opens `path` (`/api/events?forms=a`) at an address; `since` is the id of the last event that was heard, or empty.
    pub fn open(address: &str, path: &str, headers: &[(String, String)], since: &str) -> Stream {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let since = if since.is_empty() { String::new() } else { format!("last-event-id: {since}\r\n") };
        write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}{since}\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        Stream(reader)
    }

    /// What comes next: an event, or an id without one; nothing at the end.
    pub fn part(&mut self) -> Option<Heard> {
        let mut heard = Heard::default();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(event) = line.strip_prefix("event: ") {
                heard.event = event.into();
            } else if let Some(data) = line.strip_prefix("data: ") {
                heard.data = serde_json::from_str(data).unwrap();
            } else if let Some(id) = line.strip_prefix("id: ") {
                heard.id = id.into();
            } else if line.is_empty() && (!heard.event.is_empty() || !heard.id.is_empty()) {
                return Some(heard);
            }
        }
    }

    pub fn next(&mut self) -> Option<Heard> {
        loop {
            let heard = self.part()?;
            if !heard.event.is_empty() {
                return Some(heard);
            }
        }
    }

    /// The kind and the id of the record that the next event is about.
    pub fn record(&mut self) -> (String, String) {
        let heard = self.next().unwrap();
        assert_eq!(heard.event, "record", "{heard:?}");
        let text = |key: &str| heard.data[key].as_str().unwrap().to_string();
        (text("kind"), text("id"))
    }
}
