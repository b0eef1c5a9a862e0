//! Owns what an operation says of itself: how it is asked for, what it needs, and how it may end.

use crate::ErrorCode;
use crate::access::Access;
use axum::http::Method;

/// An operation without its types. It cannot be made without saying what it needs.
#[derive(Clone, Debug)]
pub struct Shape {
    pub method: Method,
    /// Below [`crate::PREFIX`], as axum and OpenAPI write it. Fields of the operation's `At` that it does not name are in
    /// the query.
    pub path: &'static str,
    pub access: Access,
    /// One line for people.
    pub summary: &'static str,
    /// The same in Korean. What is recorded has it among the words of deeds.
    pub korean: Option<&'static str>,
    /// What it refuses with besides what follows from the rest.
    pub refuses: &'static [ErrorCode],
    /// An `Idempotency-Key` makes it safe to repeat.
    pub repeatable: bool,
    /// It heeds `If-Match`.
    pub conditional: bool,
    /// It changes no replicated state, so that the gate puts it into the audit log.
    pub recorded: bool,
    /// It changes what protects an account, or makes what outlives its maker: it takes a password, so that no API token
    /// is enough.
    pub in_person: bool,
    /// Refusals of its body quote nothing of it.
    pub secret: bool,
}

impl Shape {
    pub const fn get(path: &'static str, access: Access, summary: &'static str) -> Shape {
        Shape::new(Method::GET, path, access, summary)
    }

    pub const fn post(path: &'static str, access: Access, summary: &'static str) -> Shape {
        Shape::new(Method::POST, path, access, summary)
    }

    pub const fn put(path: &'static str, access: Access, summary: &'static str) -> Shape {
        Shape::new(Method::PUT, path, access, summary)
    }

    pub const fn delete(path: &'static str, access: Access, summary: &'static str) -> Shape {
        Shape::new(Method::DELETE, path, access, summary)
    }

    const fn new(method: Method, path: &'static str, access: Access, summary: &'static str) -> Shape {
        let refuses = &[];
        Shape {
            method,
            path,
            access,
            summary,
            korean: None,
            refuses,
            repeatable: false,
            conditional: false,
            recorded: false,
            in_person: false,
            secret: false,
        }
    }

    pub const fn korean(mut self, summary: &'static str) -> Shape {
        self.korean = Some(summary);
        self
    }

    /// Refusals that do not follow from what it takes and needs.
    pub const fn refuses(mut self, codes: &'static [ErrorCode]) -> Shape {
        self.refuses = codes;
        self
    }

    pub const fn repeatable(mut self) -> Shape {
        self.repeatable = true;
        self
    }

    pub const fn conditional(mut self) -> Shape {
        self.conditional = true;
        self
    }

    pub const fn in_person(mut self) -> Shape {
        self.in_person = true;
        self
    }

    pub const fn secret(mut self) -> Shape {
        self.secret = true;
        self
    }

    pub const fn recorded(mut self) -> Shape {
        self.recorded = true;
        self
    }
}
