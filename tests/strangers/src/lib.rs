//! What strangers may do to a cluster under honest load: nothing. Everything is in the tests.
