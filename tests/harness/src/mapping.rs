//! Files mapped into memory, as programs map them.

use rustix::mm::{MapFlags, MsyncFlags, ProtFlags, mmap, msync, munmap};
use std::fs::File;

/// The first bytes of a file, readable and writable; taken away when dropped.
pub struct Mapping {
    at: *mut u8,
    len: usize,
}

impl Mapping {
    /// What is written here is written to the file.
    pub fn shared(file: &File, len: usize) -> Mapping {
        Mapping::of(file, len, MapFlags::SHARED)
    }

    /// What is written here stays here.
    pub fn private(file: &File, len: usize) -> Mapping {
        Mapping::of(file, len, MapFlags::PRIVATE)
    }

    fn of(file: &File, len: usize, flags: MapFlags) -> Mapping {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, wherever the kernel likes.
        let at = unsafe { mmap(std::ptr::null_mut(), len, protection, flags, file, 0) };
        Mapping { at: at.expect("mmap").cast(), len }
    }

    pub fn read(&self, offset: usize, len: usize) -> Vec<u8> {
        assert!(offset + len <= self.len);
        // SAFETY: within the mapping; others may change its bytes, so that each is read once and alone.
        (offset..offset + len).map(|index| unsafe { self.at.add(index).read_volatile() }).collect()
    }

    pub fn write(&self, offset: usize, data: &[u8]) {
        assert!(offset + data.len() <= self.len);
        // SAFETY: within the mapping, which is writable.
        unsafe { self.at.add(offset).copy_from_nonoverlapping(data.as_ptr(), data.len()) };
    }

    /// Waits until the file has what was written (msync(2)).
    pub fn sync(&self) {
        // SAFETY: the whole mapping.
        unsafe { msync(self.at.cast(), self.len, MsyncFlags::SYNC) }.expect("msync");
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the mapping any more.
        let _ = unsafe { munmap(self.at.cast(), self.len) };
    }
}
