//! Owns how a test gets hold of all that an enum can be.

/// A sample of every variant of an enum. Where one is missing it does not compile.
#[macro_export]
macro_rules! every_variant {
    ($refused:ident { $($variant:ident $(($($value:expr),*))? $({ $($field:ident: $held:expr),* })?),* $(,)? }) => {{
        let _ = |error: &$refused| match error {
            $($refused::$variant { .. } => (),)*
        };
        vec![$($refused::$variant $(($($value),*))? $({ $($field: $held),* })?),*]
    }};
}
