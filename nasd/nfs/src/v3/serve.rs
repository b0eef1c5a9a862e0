//! What a procedure is to the server: something to be carried out.

use crate::v3::call_context::CallContext;
use crate::v3::procedure::{Answer, Procedure};
use std::future::Future;

/// A procedure that the server carries out.
pub(crate) trait Serve: Procedure {
    fn serve(call: &CallContext, args: Self::Args) -> impl Future<Output = Answer<Self>> + Send;
}
