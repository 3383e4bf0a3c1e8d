//! `GET /v1/logs`: lines as they come.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::app::App;
use crate::logs::Entry;

/// The body of a reply that has the lines of `function`, or of all; those that come too, until the node
/// ends, if it is to follow.
pub(super) fn body(
    app: &Arc<App>,
    function: Option<String>,
    is_to_follow: bool,
) -> Channel<Bytes, Infallible> {
    let (recent, live) = app.logs.follow();
    let (sender, body) = Channel::new(1);
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut reader = Reader { sender, function };
        for entry in recent {
            if reader.send(entry).await.is_none() {
                return;
            }
        }
        if is_to_follow {
            tokio::select! {
                () = reader.follow(live) => {}
                () = app.closing() => {}
            }
        }
    });
    body
}

struct Reader {
    sender: Sender<Bytes, Infallible>,
    function: Option<String>,
}

impl Reader {
    async fn follow(&mut self, mut live: Receiver<Entry>) {
        loop {
            let sent = match live.recv().await {
                Ok(entry) => self.send(entry).await,
                // A reader that is too slow loses lines, and nobody waits for it.
                Err(RecvError::Lagged(_)) => Some(()),
                Err(RecvError::Closed) => None,
            };
            if sent.is_none() {
                return;
            }
        }
    }

    /// Sends a line if it is wanted; `None` when the reader has gone.
    async fn send(&mut self, entry: Entry) -> Option<()> {
        if self.function.as_ref().is_some_and(|wanted| *wanted != entry.function) {
            return Some(());
        }
        self.sender.send_data(entry.json).await.ok()
    }
}
