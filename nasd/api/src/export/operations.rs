//! Owns what can be asked about exports.

use super::{CLIENTS_MAX, ClientRule, CreateExport, Export, SetClients};
use crate::access::{Access, Caller};
use crate::described::ExportPath;
use crate::operation::{Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Listed, Page};
use crate::{ApiError, ErrorCode, List, refusal};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const PATH: &str = "/exports";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeExports);

/// Which export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportAt {
    #[schemars(with = "ExportPath")]
    pub path: String,
}

impl ExportAt {
    pub fn new(path: &str) -> ExportAt {
        ExportAt { path: path.into() }
    }
}

operations! {
    /// The exports, in the order of their paths.
    ListExports(Page) -> List<Export> = Shape::get(PATH, SEE, "The exports");

    /// Ends an export; its volume stays.
    DeleteExport(ExportAt) -> Nothing =
        Shape::delete(PATH, CHANGE, "Stop exporting `?path=`").refuses(&[ErrorCode::NotFound]);
}

impl Operation for CreateExport {
    type At = Nothing;
    type Body = Self;
    type Reply = Export;

    const SHAPE: Shape =
        Shape::post(PATH, CHANGE, "Export a volume").refuses(&[ErrorCode::NotFound]).repeatable();

    fn check(caller: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        caller.check_owns(&request.volume)?;
        check_count(&request.clients)
    }
}

impl Operation for SetClients {
    type At = ExportAt;
    type Body = Self;
    type Reply = Tagged<Export>;

    const SHAPE: Shape = Shape::put(PATH, CHANGE, "Replace who may mount `?path=`")
        .refuses(&[ErrorCode::NotFound])
        .conditional();

    fn check(_: &Caller, _: &ExportAt, request: &Self) -> Result<(), ApiError> {
        check_count(&request.clients)
    }
}

fn check_count(clients: &[ClientRule]) -> Result<(), ApiError> {
    match clients.len() <= CLIENTS_MAX {
        true => Ok(()),
        false => Err(refusal::too_many_clients(CLIENTS_MAX)),
    }
}

impl Caller {
    /// Whether the caller decides about the export at `path`, if there is one: a share owner does so for its own
    /// volumes' only.
    ///
    /// # Errors
    /// `Denied`, or `NotFound` for a share owner where there is none.
    pub fn check_owns_export(&self, path: &str, exports: &[Export]) -> Result<(), ApiError> {
        if self.owned.is_none() {
            return Ok(());
        }
        let export = exports.iter().find(|export| export.path == path);
        let missing = || refusal::unknown_export(path);
        self.check_owns(&export.ok_or_else(missing)?.volume)
    }
}

impl Listed for Export {
    fn place(&self) -> String {
        self.path.clone()
    }
}
