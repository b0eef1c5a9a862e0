//! Owns the check of the whole cluster.

use super::report::{Figure, Report, said};
use nasd_api::{Client, ClientError, Health, Nothing, ReadCluster};

pub async fn look(name: &str, node: &Client) -> Result<Report, ClientError> {
    let answer = node.ask_fresh::<ReadCluster>(Nothing).await?;
    let status = answer.value;
    let online = status.nodes.iter().filter(|node| node.reachable).count();
    let unwell = status.volumes.iter().filter(|volume| volume.health != Health::Healthy).count();
    let old = answer.stale.then(|| "The figures may be old: the node knows of no majority.".to_owned());
    let (nodes, volumes) = (status.nodes.len(), status.volumes.len());
    let report = Report::new(name, status.health.into(), said(&status.headline));
    Ok(report.saying(status.causes.iter().map(said).chain(old)).with([
        Figure::count("nodes_online", online).of(nodes as f64),
        Figure::count("volumes_unwell", unwell).of(volumes as f64),
        Figure::new("used", status.space.used_bytes as f64, "B"),
        Figure::new("free", status.space.free_bytes as f64, "B"),
    ]))
}
