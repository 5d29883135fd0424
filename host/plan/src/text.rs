//! How the model's values are written in the plan's JSON: as their texts, parsed back strictly.

/// A value as its text.
macro_rules! as_text {
    ($name:ident, $type:ty, $write:expr, $parse:expr) => {
        pub(crate) mod $name {
            use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

            pub(crate) fn serialize<S: Serializer>(
                value: &$type,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> &str = $write;
                to.serialize_str(write(value))
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$type, D::Error> {
                let text = String::deserialize(from)?;
                let parse: fn(&str) -> Result<$type, String> = $parse;
                parse(&text).map_err(D::Error::custom)
            }
        }
    };
}

as_text!(
    path,
    remit_workspace::EntryPath,
    |path| path.as_str(),
    |text| { remit_workspace::EntryPath::parse_canonical(text).map_err(|error| error.to_string()) }
);
as_text!(kind, remit_workspace::Kind, |kind| kind.as_str(), |text| {
    remit_workspace::Kind::parse(text).ok_or_else(|| format!("unknown kind `{text}`"))
});
as_text!(
    version,
    remit_workspace::Version,
    |version| version.as_str(),
    |text| { Ok(remit_workspace::Version::new(text)) }
);
as_text!(
    guard,
    remit_workspace::Guard,
    |guard| guard.as_str(),
    |text| {
        use remit_workspace::Guard;
        [Guard::Checked, Guard::Leased, Guard::Atomic]
            .into_iter()
            .find(|guard| guard.as_str() == text)
            .ok_or_else(|| format!("unknown guard `{text}`"))
    }
);

pub(crate) mod maybe_path {
    use remit_workspace::EntryPath;
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<EntryPath>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(path) => super::path::serialize(path, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<EntryPath>, D::Error> {
        super::path::deserialize(from).map(Some)
    }
}

pub(crate) mod paths {
    use remit_workspace::EntryPath;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(paths: &[EntryPath], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(EntryPath::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<EntryPath>, D::Error> {
        Vec::<String>::deserialize(from)?
            .iter()
            .map(|text| EntryPath::parse_canonical(text).map_err(D::Error::custom))
            .collect()
    }
}
