//! A small Linux machine, emulated: for tests that need a kernel's own client, such as that of NFS.
//!
//! ```text
//! test ──job (a script)──▶ initramfs ──┐
//!                          kernel ─────┼─▶ QEMU ──second serial port──▶ lines, with their times ──▶ test
//!      ──a file, as a disk─────────────┘    └──TCP to 10.0.2.2──▶ this machine's loopback
//! ```
//! The kernel is Debian's, fetched by `cargo xtask test` and never installed. The initramfs is made here for
//! each machine: busybox, the modules that the job needs, and programs of this machine with their libraries.
//! The processor is emulated, because nested virtualisation is not to be had everywhere: about ten times as
//! slow as the host's, ready in half a minute.
//!
//! The machine knows nothing of Gotgan. Its user network reaches this machine's loopback only as 10.0.2.2
//! (nothing else is routed), and connections arrive there from 127.0.0.1 with ports above 1023.

mod archive;
mod compiler;
mod initramfs;
mod kernel;
mod machine;
mod programs;

pub use compiler::needs_of_tcc;
pub use machine::{Guest, HOST, Line, Machine};
pub use programs::installed;
