//! Runs the chunk store's compaction and scrub, and passes on what they find damaged.
//!
//! What a step does, how far it goes and why it is safe are the store's: see `nasd_store::Compactor`. Here is
//! the waiting in between. Both end by being dropped, between two steps or within one.

use crate::volumes::VolumeKeeper;
use nasd_base::Entropy;
use nasd_store::{ChunkKey, ChunkStore, Compactor, Scrubber, UpkeepLimits};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::sleep;

/// Gives deleted space back, for ever.
pub async fn compact(store: ChunkStore, limits: UpkeepLimits, volumes: Arc<VolumeKeeper>) {
    let mut compactor = Compactor::new(store, limits);
    loop {
        let step = compactor.advance().await;
        mend(&volumes, step.damaged);
        sleep(step.pause).await;
    }
}

/// Reads every chunk now and then, for ever.
pub async fn scrub(
    store: ChunkStore,
    limits: UpkeepLimits,
    volumes: Arc<VolumeKeeper>,
    entropy: Arc<dyn Entropy>,
) {
    // A node that was just started has other things to read.
    sleep(limits.compaction_interval).await;
    let mut scrubber = Scrubber::new(store, limits, entropy.next_u64());
    loop {
        let step = scrubber.advance().await;
        mend(&volumes, step.damaged);
        sleep(step.pause).await;
    }
}

/// Chunks of volumes that do not run here wait until they do: the store still lists them.
pub fn mend(volumes: &VolumeKeeper, damaged: Vec<ChunkKey>) {
    let mut by_volume: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for key in damaged {
        by_volume.entry(key.volume).or_default().push(key.chunk);
    }
    for (volume, chunks) in by_volume {
        if let Some((volume, _)) = volumes.replica(volume) {
            volume.mend(&chunks);
        }
    }
}
