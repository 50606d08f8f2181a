//! Lists of properties, of which none can be left out.

/// An enum of properties, each with its name, all of them and their names.
macro_rules! properties {
    ($(#[$about:meta])* pub enum $Property:ident {
        $($(#[$meaning:meta])* $property:ident = $name:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Property {
            $($(#[$meaning])* $property,)*
        }

        impl $Property {
            /// Every property.
            pub const ALL: &'static [Self] = &[$(Self::$property),*];

            /// Its name in a test's.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$property => $name,)*
                }
            }
        }
    };
}

pub(super) use properties;
