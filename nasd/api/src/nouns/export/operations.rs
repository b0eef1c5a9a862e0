//! Owns what can be asked about exports.

use super::{CLIENTS_MAX, ClientRule, CreateExport, Export, SetClients};
use crate::access::{Access, Caller};
use crate::described::ExportPath;
use crate::operation::{Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, ErrorCode, List};
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
    ListExports(Page<Export>) -> List<Export> = Shape::get(PATH, SEE, "The exports").korean("내보내기 목록");

    /// Ends an export; its volume stays.
    DeleteExport(ExportAt) -> Nothing =
        Shape::delete(PATH, CHANGE, "Stop exporting a volume").refuses(&[ErrorCode::NotFound]);
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

    const SHAPE: Shape = Shape::put(PATH, CHANGE, "Replace who may mount an export")
        .refuses(&[ErrorCode::NotFound])
        .conditional();

    fn check(_: &Caller, _: &ExportAt, request: &Self) -> Result<(), ApiError> {
        check_count(&request.clients)
    }
}

fn check_count(clients: &[ClientRule]) -> Result<(), ApiError> {
    match clients.len() <= CLIENTS_MAX {
        true => Ok(()),
        false => Err(super::refusals::too_many_clients(CLIENTS_MAX)),
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
        let missing = || super::refusals::unknown_export(path);
        self.check_owns(&export.ok_or_else(missing)?.volume)
    }
}

impl Listed for Export {
    const COLUMNS: &'static [Column<Export>] = &[
        ("path", |export| Cell::text(&export.path)),
        ("volume", |export| Cell::text(&export.volume)),
        ("rules", |export| Cell::number(export.clients.len() as u64)),
    ];

    fn place(&self) -> String {
        self.path.clone()
    }
}

crate::refused::refusals! {
    unknown_export(it): NotFound,
        "there is no export {it}",
        "내보내기 {it}이(가) 없습니다";
    export_gone(path): NotFound,
        "there is no export {path} any more",
        "내보내기 {path}이(가) 이제 없습니다";
    export_exists(it): AlreadyExists,
        "{it} is exported already",
        "{it}은(는) 이미 내보내고 있습니다",
        hint "delete that export first, or choose another path", "먼저 그 내보내기를 중단하거나 다른 경로를 선택하십시오";
    export_made_behind(): Unavailable,
        "the export was made, but this node is behind",
        "내보내기를 만들었지만 이 노드가 아직 최신 상태가 아닙니다";
    too_many_clients(it): InvalidRequest,
        "an export has at most {it} client rules",
        "내보내기 하나의 클라이언트 규칙은 최대 {it}개입니다";
    {
        bad_export_path("`{it}` is no export path: begin with `/`, end without, no `.`, `..`, empty or overlong parts"):
            "`{it}`은(는) 내보내기 경로가 될 수 없습니다. `/`로 시작하고 `/`로 끝나지 않으며, `.`, `..`, 빈 부분이나 너무 긴 부분이 없어야 합니다";
        export_overlaps("`{path}` would lie inside or around the export `{other}`"): "`{path}`은(는) 내보내기 `{other}`의 안이나 바깥에 겹칩니다";
        bad_network("`{it}` is no network: the prefix is longer than the address"): "`{it}`은(는) 네트워크가 아닙니다. 접두사가 주소보다 깁니다";
    }
}

crate::deed::deeds! {
    "export volume {volume} as {path} to {clients}":
        "exported volume {volume} as {path} to {clients}",
        "볼륨 {volume} 내보내기: {path}, 클라이언트 {clients}";
    "set the clients of export {path} to {clients}":
        "set the clients of export {path} to {clients}",
        "내보내기 {path}의 클라이언트 설정: {clients}";
    "delete export {path}":
        "deleted export {path}",
        "내보내기 {path} 삭제";
    "stop exporting a volume":
        "stopped exporting a volume",
        "내보내기 삭제";
    "export a volume":
        "exported a volume",
        "볼륨 내보내기";
    "replace who may mount an export":
        "replaced who may mount an export",
        "내보내기의 클라이언트 설정";
}
