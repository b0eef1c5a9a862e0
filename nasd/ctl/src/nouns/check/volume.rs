//! Owns the check of a volume.

use super::report::{Figure, Report, said};
use nasd_api::{Client, ClientError, ReadVolume, ReplicaState, VolumeAt};

pub async fn look(name: &str, client: &Client, wanted: &str) -> Result<Report, ClientError> {
    let volume = client.ask::<ReadVolume>(VolumeAt::new(wanted)).await?;
    let works = |state| matches!(state, ReplicaState::Leader | ReplicaState::Following);
    let working = volume.replicas.iter().filter(|copy| works(copy.state)).count();
    let mut figures = vec![Figure::count("replicas_working", working).of(volume.replicas.len() as f64)];
    let number = |label, value: Option<u64>, unit| value.map(|value| Figure::new(label, value as f64, unit));
    figures.extend(number("used", volume.used_bytes, "B"));
    figures.extend(number("free", volume.free_bytes, "B"));
    figures.extend(number("files", volume.files, ""));
    Ok(Report::new(name, volume.health.into(), said(&volume.verdict)).with(figures))
}
