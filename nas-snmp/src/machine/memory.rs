//! Owns /proc/meminfo.

/// In KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub total: u64,
    pub free: u64,
    /// What programs could get without swapping.
    pub available: u64,
    pub buffers: u64,
    pub cached: u64,
    pub shared: u64,
    pub swap_total: u64,
    pub swap_free: u64,
}

impl Memory {
    pub fn parse(text: &str) -> Memory {
        let mut memory = Memory::default();
        for (name, rest) in text.lines().filter_map(|line| line.split_once(':')) {
            let Some(number) = super::text::numbers(rest).first().copied() else { continue };
            match name {
                "MemTotal" => memory.total = number,
                "MemFree" => memory.free = number,
                "MemAvailable" => memory.available = number,
                "Buffers" => memory.buffers = number,
                "Cached" => memory.cached = memory.cached.saturating_add(number),
                // What of the caches the kernel gives back, too.
                "SReclaimable" => memory.cached = memory.cached.saturating_add(number),
                "Shmem" => memory.shared = number,
                "SwapTotal" => memory.swap_total = number,
                "SwapFree" => memory.swap_free = number,
                _ => {}
            }
        }
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read() {
        let text = "MemTotal:  100 kB\nMemFree: 20 kB\nMemAvailable:\t60 kB\nBuffers: 3 kB\nCached: 30 kB\n\
                    Shmem: 4 kB\nSReclaimable: 5 kB\nSwapTotal: 7 kB\nSwapFree: 6 kB\nHugePages_Total: 0\n";
        let read = Memory {
            total: 100,
            free: 20,
            available: 60,
            buffers: 3,
            cached: 35,
            shared: 4,
            swap_total: 7,
            swap_free: 6,
        };
        assert_eq!(Memory::parse(text), read);
        assert_eq!(Memory::parse("MemTotal\nMemFree: x\n: 5"), Memory::default());
    }
}
