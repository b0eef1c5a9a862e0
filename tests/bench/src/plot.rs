//! The ratios as an SVG: one group of bars for each workload, on a logarithmic scale around 1.

use crate::measure::Sample;
use crate::report::{Results, workloads};
use std::fmt::Write;

const LEFT: f64 = 230.0;
const WIDTH: f64 = 560.0;
const ROW: f64 = 34.0;
const BAR: f64 = 12.0;
/// The scale ends here, in powers of ten on either side of 1.
const DECADES: f64 = 2.0;

/// Gotgan over FUSE against GlusterFS, and over NFS against NFS-Ganesha, in that order of `results`.
pub fn ratios(results: &[Results]) -> String {
    let [fuse, nfs, gluster, ganesha] = results else { return String::new() };
    let pairs = [
        ("against GlusterFS (FUSE)", "#1f6f8b", fuse, gluster),
        ("against NFS-Ganesha (NFS)", "#c7772e", nfs, ganesha),
    ];
    let workloads = workloads(results);
    let height = 60.0 + ROW * workloads.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        LEFT + WIDTH + 60.0
    );
    for power in -2..=2 {
        let x = position(10f64.powi(power));
        let _ = writeln!(svg, "<line x1=\"{x}\" y1=\"40\" x2=\"{x}\" y2=\"{height}\" stroke=\"#ddd\"/>");
        let _ =
            writeln!(svg, "<text x=\"{x}\" y=\"34\" text-anchor=\"middle\">{}×</text>", 10f64.powi(power));
    }
    for (index, (label, colour, ..)) in pairs.iter().enumerate() {
        let x = LEFT + 220.0 * index as f64;
        let _ = writeln!(svg, "<rect x=\"{x}\" y=\"6\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
        let _ = writeln!(svg, "<text x=\"{}\" y=\"16\">{label}</text>", x + 18.0);
    }
    for (row, workload) in workloads.iter().enumerate() {
        let y = 48.0 + ROW * row as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{workload}</text>",
            LEFT - 8.0,
            y + 15.0
        );
        for (index, (_, colour, ours, theirs)) in pairs.iter().enumerate() {
            let rate = |results: &Results| results.median(workload, Sample::rate);
            let (Some(ours), Some(theirs)) = (rate(ours), rate(theirs)) else { continue };
            let ratio = ours / theirs;
            let (one, end) = (position(1.0), position(ratio));
            let (x, width) = (one.min(end), (one - end).abs());
            let top = y + BAR * index as f64;
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                BAR - 1.0
            );
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\">{ratio:.1}×</text>",
                x + width + 3.0,
                top + 9.0
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn position(ratio: f64) -> f64 {
    let clamped = ratio.log10().clamp(-DECADES, DECADES);
    LEFT + WIDTH * (clamped + DECADES) / (2.0 * DECADES)
}
