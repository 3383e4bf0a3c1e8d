//! What a client asks about events.

use bytes::Bytes;
use hyper::{Method, Response};
use uuid::Uuid;

use super::{AdminClient, AdminError, function_path, segment};
use crate::admin::views::{EventBodyView, EventView};

impl AdminClient {
    /// Submits an event for a function. The reply is as one of plain HTTP, whatever its status.
    ///
    /// # Errors
    /// [`AdminError`], but not that it was refused.
    pub async fn submit(&self, name: &str, body: Vec<u8>) -> Result<Response<Bytes>, AdminError> {
        self.call(Method::POST, &format!("{}/events", function_path(name)), body.into()).await
    }

    /// The oldest events, `limit` at most: those of `function`, or of all; only parked ones if `is_parked`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn events(
        &self,
        function: Option<&str>,
        is_parked: bool,
        limit: usize,
    ) -> Result<Vec<EventView>, AdminError> {
        let function = function.map_or_else(String::new, |it| format!("&function={}", segment(it)));
        let state = if is_parked { "&state=parked" } else { "" };
        let path = format!("/v1/events?limit={limit}{function}{state}");
        self.json(Method::GET, &path, Bytes::new()).await
    }

    /// One event with its body.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn event(&self, id: Uuid) -> Result<EventBodyView, AdminError> {
        self.json(Method::GET, &format!("/v1/events/{id}"), Bytes::new()).await
    }

    /// Lets an event run at once, as if it had never failed.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn retry_event(&self, id: Uuid) -> Result<(), AdminError> {
        self.done(Method::POST, &format!("/v1/events/{id}/retry")).await
    }

    /// Forgets an event.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn drop_event(&self, id: Uuid) -> Result<(), AdminError> {
        self.done(Method::DELETE, &format!("/v1/events/{id}")).await
    }
}
