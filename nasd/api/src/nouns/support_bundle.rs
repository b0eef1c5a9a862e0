//! Owns what is said about support bundles: archives of what helps somebody who cannot look at the cluster, without
//! secrets.

use crate::access::Access;
use crate::operation::{Described, Nothing, Operation, Reply, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{Deed, ErrorCode, List};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundleFile {
    pub name: String,
    /// Before it is compressed.
    pub bytes: u64,
}

/// A bundle that lies at the answering node, for a few minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SupportBundle {
    pub id: u64,
    /// Seconds since 1970-01-01 UTC, as the other.
    pub made: i64,
    pub expires: i64,
    /// Of the archive.
    pub bytes: u64,
    pub files: Vec<BundleFile>,
    /// Nodes that did not answer: nothing of theirs is in it.
    pub missing: Vec<String>,
}

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleAt {
    pub id: u64,
}

/// A tar archive, compressed with zstd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive(pub Bytes);

const ARCHIVE_TYPE: &str = "application/zstd";

impl Reply for Archive {
    fn schema() -> Option<Described> {
        None
    }

    const MEDIA_TYPES: &'static [&'static str] = &[ARCHIVE_TYPE];

    fn respond(self, status: StatusCode) -> Response {
        (status, [(header::CONTENT_TYPE, ARCHIVE_TYPE), (header::CACHE_CONTROL, "no-store")], self.0)
            .into_response()
    }

    type Read = Bytes;

    fn read(body: &[u8]) -> serde_json::Result<Bytes> {
        Ok(Bytes::copy_from_slice(body))
    }
}

const PATH: &str = "/support-bundles";
const ADMINISTER: Access = Access::Needs(Right::ChangeCluster);

/// Collects what all nodes say. The answer tells what is in it, so that somebody can look before it leaves.
pub struct CreateSupportBundle;

impl Operation for CreateSupportBundle {
    type At = Nothing;
    type Body = Nothing;
    type Reply = SupportBundle;

    const SHAPE: Shape =
        Shape::post(PATH, ADMINISTER, "Collect a support bundle").refuses(&[ErrorCode::Conflict]).recorded();
}

operations! {
    /// Those that the answering node still has, newest first.
    ListSupportBundles(Page<SupportBundle>) -> List<SupportBundle> =
        Shape::get(PATH, ADMINISTER, "The support bundles of the answering node").korean("응답하는 노드의 지원 번들 목록");
}

/// A tar archive, compressed with zstd.
pub struct ReadSupportBundle;

impl Operation for ReadSupportBundle {
    type At = BundleAt;
    type Body = Nothing;
    type Reply = Archive;

    const SHAPE: Shape =
        Shape::get("/support-bundles/{id}", ADMINISTER, "Download a support bundle").recorded();

    fn deed(at: &BundleAt, _: &Nothing) -> Option<Deed> {
        Some(Deed { what: format!("download support bundle {}", at.id), here: true })
    }
}

impl Listed for SupportBundle {
    const COLUMNS: &'static [Column<SupportBundle>] = &[
        ("id", |bundle| Cell::number(bundle.id)),
        ("made", |bundle| Cell::time(bundle.made)),
        ("size", |bundle| Cell::number(bundle.bytes)),
    ];

    fn place(&self) -> String {
        newest(self.id)
    }
}

crate::refused::refusals! {
    bundle_unknown(id): NotFound,
        "this node has no support bundle {id}",
        "이 노드에 지원 번들 {id}이(가) 없습니다",
        hint "bundles are kept for some minutes, by the node that collected them; collect another",
        "지원 번들은 모은 노드에 몇 분 동안만 보관됩니다. 다시 모으십시오";
    bundle_under_way(): Conflict,
        "this node is collecting a support bundle for somebody else",
        "이 노드가 다른 사용자의 지원 번들을 모으고 있습니다",
        hint "try again in a moment", "잠시 후 다시 시도하십시오";
}

crate::deed::deeds! {
    "collect a support bundle":
        "collected a support bundle",
        "지원 번들 모으기";
    "download support bundle {id} on {node}":
        "downloaded support bundle {id} of {node}",
        "{node} 노드의 지원 번들 {id} 다운로드";
    "download a support bundle":
        "downloaded a support bundle",
        "지원 번들 다운로드";
}
