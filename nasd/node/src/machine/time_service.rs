//! Owns whether something keeps this machine's clock right, as the kernel has it.

/// The kernel's bit for a clock that nobody keeps (adjtimex(2)).
const UNSYNCHRONISED: i32 = libc::STA_UNSYNC;

/// Whether chrony, systemd-timesyncd or their like have told the kernel that they keep the clock; nothing where it
/// cannot be asked.
pub fn keeps_the_clock() -> Option<bool> {
    // SAFETY: `timex` is a struct of integers, for which zeros are values; with `modes` zero the kernel changes nothing
    // and only writes into the struct, which lives until the call returns.
    let (state, status) = unsafe {
        let mut now: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&mut now), now.status)
    };
    (state >= 0).then_some(status & UNSYNCHRONISED == 0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_can_be_asked() {
        assert!(super::keeps_the_clock().is_some());
    }
}
