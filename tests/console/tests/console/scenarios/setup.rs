//! From nothing to an administrator.

use crate::failed::Done;
use crate::site::{ADMIN, PASSWORD, Site};
use serde_json::{Value, json};

pub async fn run(site: &Site) -> Done {
    let link = site.cluster.ready.setup_link.as_ref().ok_or("the demo gave no setup link")?;
    let (_, token) = link.split_once("?token=").ok_or("the link has a token")?;
    let request = json!({ "token": token, "name": ADMIN, "password": PASSWORD });
    site.root().post::<Value>("/setup", &request).await?;
    Ok(())
}
