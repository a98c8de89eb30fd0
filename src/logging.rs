//! The log: lines to standard error by a thread of its own, so that no request waits for a terminal or a disk.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait; then whoever logs waits too.
const WAITING: usize = 8192;

enum Line {
    Text(Vec<u8>),
    /// Nothing comes after this one.
    End,
}

/// Ends the log in good order when dropped: every line is written.
pub struct LogGuard {
    lines: SyncSender<Line>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let _ = self.lines.send(Line::End);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[derive(Clone)]
struct Lines(SyncSender<Line>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.try_send(Line::Text(bytes.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(line)) => {
                let _ = self.0.send(line);
            }
            Err(TrySendError::Disconnected(_)) => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_lines(lines: &Receiver<Line>) {
    let mut text: Vec<u8> = Vec::with_capacity(16 << 10);
    while let Ok(first) = lines.recv() {
        let mut next = Some(first);
        let mut ended = false;
        // what has gathered meanwhile is written at once
        while let Some(line) = next {
            match line {
                Line::Text(bytes) => text.extend_from_slice(&bytes),
                Line::End => {
                    ended = true;
                    break;
                }
            }
            next = if text.len() < 64 << 10 { lines.try_recv().ok() } else { None };
        }
        let _ = io::stderr().write_all(&text);
        text.clear();
        if ended {
            return;
        }
    }
}

/// Starts the log. `filter` is a level or a list such as `info,formwright::access=warn`.
///
/// # Errors
/// A filter that cannot be read.
pub fn start(filter: &str, json: bool) -> Result<LogGuard, String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log: {e}"))?;
    let (sender, receiver) = sync_channel(WAITING);
    let writer = std::thread::Builder::new()
        .name("log".into())
        .spawn(move || write_lines(&receiver))
        .map_err(|e| e.to_string())?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Lines(sender.clone()));
    let started = if json {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        builder.try_init()
    };
    started.map_err(|e| e.to_string())?;
    Ok(LogGuard { lines: sender, writer: Some(writer) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        assert!(start("info,=", false).is_err());
    }
}
