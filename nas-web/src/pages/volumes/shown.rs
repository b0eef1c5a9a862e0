//! Owns how a volume is shown, on whichever page: its address.

use nasd_api::percent_encoded;

/// The address of a volume's page.
pub fn address(name: &str) -> String {
    format!("/volumes/{}", percent_encoded(name))
}
