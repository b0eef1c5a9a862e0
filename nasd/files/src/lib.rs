//! Small files that a power cut finds whole: identity, secrets, certificates, ports, what a node begins with.
//!
//! ```text
//!   replace   write NAME.new ─▶ flush it ─▶ rename to NAME ─▶ flush the directory
//!   remove    remove NAME ─▶ flush the directory
//! ```
//!
//! A file that is new in a directory is there after a power cut only when both were flushed, and ext4 may keep the name
//! of a renamed file without its bytes. So everything small goes through [`Folder`], and nothing else in the product
//! writes such a file. [`Journal`] notes the steps and says what any power cut can leave of them: whoever needs several
//! files in an order shows with it that each beginning of the order can be started from.

mod folder;
mod journal;
mod steps;

pub use folder::{Folder, Mode, make_dir};
pub use journal::{Journal, Left};
pub use steps::{Kernel, Steps};
