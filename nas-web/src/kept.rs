//! Owns answers to forms that were refused, in memory: a few for each session that nasd knows.

use crate::chance;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::response::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use nasd_api::Secret;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// As many administrators as work at once; who was there longest ago makes room.
const SESSIONS_MAX: usize = 32;
/// As far as somebody goes back.
const ANSWERS_MAX: usize = 8;
/// Largest that is kept, in bytes: a form as large as one can be is shown again in two or three times its size.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// How long an answer is new.
const NEW_FOR: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Kept(Mutex<VecDeque<Owner>>);

struct Owner {
    session: blake3::Hash,
    answers: VecDeque<Answer>,
}

struct Answer {
    key: String,
    made: Instant,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

pub struct Found {
    pub answer: Response,
    /// nasd was asked a moment ago whose it is.
    pub is_new: bool,
}

impl Kept {
    /// nasd knows the session: there is room for its answers.
    pub fn admit(&self, session: &Secret) {
        let session = hash(session);
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = owners.iter().position(|owner| owner.session == session);
        let owner = found.and_then(|at| owners.remove(at));
        if owners.len() >= SESSIONS_MAX {
            owners.pop_front();
        }
        owners.push_back(owner.unwrap_or_else(|| Owner { session, answers: VecDeque::new() }));
    }

    /// The key under which [`Kept::find`] has the answer, or the answer where there is no room for it.
    pub async fn keep(&self, session: &Secret, answer: Response) -> Result<String, Response> {
        let (Parts { status, headers, .. }, body) = answer.into_parts();
        // Pages are whole when they are sent.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let key = chance::token();
        let answer = Answer { key: key.clone(), made: Instant::now(), status, headers, body };
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners.iter_mut().find(|owner| owner.session == hash(session));
        let Some(owner) = owner.filter(|_| answer.body.len() <= ANSWER_BYTES_MAX) else {
            return Err(answer.into_response());
        };
        if owner.answers.len() >= ANSWERS_MAX {
            owner.answers.pop_front();
        }
        owner.answers.push_back(answer);
        Ok(key)
    }

    pub fn find(&self, session: &Secret, key: &str) -> Option<Found> {
        let session = hash(session);
        let owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners.iter().find(|owner| owner.session == session)?;
        let found = owner.answers.iter().find(|answer| answer.key == key)?;
        Some(Found { answer: found.into_response(), is_new: found.made.elapsed() < NEW_FOR })
    }
}

impl IntoResponse for &Answer {
    fn into_response(self) -> Response {
        (self.status, self.headers.clone(), Body::from(self.body.clone())).into_response()
    }
}

fn hash(session: &Secret) -> blake3::Hash {
    blake3::hash(session.reveal().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: impl Into<Body>) -> Response {
        (StatusCode::CONFLICT, text.into()).into_response()
    }

    #[tokio::test]
    async fn an_answer_is_for_its_session_and_there_is_room_for_known_ones_only() {
        let (kept, mine, other) = (Kept::default(), Secret::new("mine"), Secret::new("other"));
        assert!(kept.keep(&mine, refused("a")).await.is_err(), "anybody may have made it up");
        kept.admit(&mine);
        kept.admit(&other);
        let key = kept.keep(&mine, refused("a")).await.unwrap();
        assert_eq!(kept.find(&mine, &key).unwrap().answer.status(), StatusCode::CONFLICT);
        assert!(kept.find(&other, &key).is_none() && kept.find(&mine, "guess").is_none());
        let large = kept.keep(&mine, refused("x".repeat(ANSWER_BYTES_MAX + 1))).await;
        assert_eq!(large.unwrap_err().status(), StatusCode::CONFLICT);
    }

    #[tokio::test]
    async fn the_oldest_makes_room() {
        let (kept, mine) = (Kept::default(), Secret::new("mine"));
        kept.admit(&mine);
        let first = kept.keep(&mine, refused("a")).await.unwrap();
        for _ in 1..ANSWERS_MAX {
            kept.keep(&mine, refused("b")).await.unwrap();
        }
        assert!(kept.find(&mine, &first).is_some());
        let last = kept.keep(&mine, refused("c")).await.unwrap();
        assert!(kept.find(&mine, &first).is_none());
        for number in 1..SESSIONS_MAX {
            kept.admit(&Secret::new(format!("{number}")));
        }
        kept.admit(&mine);
        kept.admit(&Secret::new("one more"));
        assert!(kept.find(&mine, &last).is_some(), "who is there stays");
    }
}
