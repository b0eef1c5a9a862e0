//! Support bundles: one, whose only file says nothing.

use crate::{Memory, NOW};
use nasd_api::*;

const ARCHIVE: &[u8] = b"an archive";

impl Serve<CreateSupportBundle> for Memory {
    async fn serve(&self, call: Call<CreateSupportBundle>) -> Result<SupportBundle, ApiError> {
        self.acts(&call);
        self.act(|state| {
            state.status()?;
            let id = state.bundles.last().map_or(1, |last| last.id + 1);
            let bundle = SupportBundle {
                id,
                made: NOW,
                expires: NOW + 600,
                bytes: ARCHIVE.len() as u64,
                files: vec![BundleFile { name: "cluster/cluster.json".into(), bytes: 2_048 }],
                missing: Vec::new(),
            };
            state.bundles = vec![bundle.clone()];
            Ok(bundle)
        })
    }
}

impl Serve<ListSupportBundles> for Memory {
    async fn serve(&self, call: Call<ListSupportBundles>) -> Result<List<SupportBundle>, ApiError> {
        call.at.of(self.act(|state| Ok(state.bundles.clone()))?)
    }
}

impl Serve<ReadSupportBundle> for Memory {
    async fn serve(&self, call: Call<ReadSupportBundle>) -> Result<Archive, ApiError> {
        self.act(|state| match state.bundles.iter().any(|bundle| bundle.id == call.at.id) {
            true => Ok(Archive(ARCHIVE.into())),
            false => Err(refusal::bundle_unknown(call.at.id)),
        })
    }
}
