//! Programs that people run on a file server, each by its own idea of what is whole: `git fsck`, a build's
//! tests, a database's checksums and sums.
