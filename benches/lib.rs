//! Benches of the transcode workspace; see `benches/README.md` for how to run them.
