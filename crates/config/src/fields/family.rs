//! A family of entries, each asked once what its options are.

use super::{Fields, Scope, Work};
use crate::entry::Entry;
use crate::schema::{Family, Variant};

/// How deep families may contain families before describing stops.
const NESTING: usize = 16;

/// Which family it is: address and names. (An address alone does not tell an empty slice from another.)
pub(crate) type Identity = (usize, Vec<&'static str>);

/// An entry without its facts.
pub(crate) struct Member<T> {
    pub(crate) name: &'static str,
    summary: &'static str,
    source: &'static str,
    pub(crate) new: fn(&mut Fields<'_>) -> T,
}

pub(crate) struct Members<T> {
    pub(crate) list: Vec<Member<T>>,
    address: usize,
}

impl<T: 'static> Members<T> {
    pub(crate) fn new<X: 'static>(family: &'static [Entry<T, X>]) -> Self {
        let member = |entry: &Entry<T, X>| Member {
            name: entry.name,
            summary: entry.summary,
            source: entry.source,
            new: entry.new,
        };
        Self {
            list: family.iter().map(member).collect(),
            address: family.as_ptr().addr(),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.list
            .iter()
            .map(|member| member.name)
            .collect::<Vec<_>>()
            .into_iter()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Member<T>> {
        self.list.iter().find(|member| member.name == name)
    }

    /// The family's index, after asking its members if it is new. A family that contains itself finds itself.
    pub(crate) fn describe(&self, work: &mut Work, key: &str) -> usize {
        let identity: Identity = (self.address, self.names().collect());
        if let Some(known) = work
            .families
            .iter()
            .position(|(known, _)| *known == identity)
        {
            return known;
        }
        let index = work.families.len();
        work.families.push((
            identity,
            Family {
                name: key.to_owned(),
                variants: Vec::new(),
            },
        ));
        if work.nesting >= NESTING {
            return index;
        }
        work.nesting += 1;
        let variants = self
            .list
            .iter()
            .map(|member| {
                let mut fields = Fields::new(work, Scope::describing(""));
                drop((member.new)(&mut fields));
                let options = fields.into_scope().schema;
                Variant {
                    name: member.name,
                    summary: member.summary,
                    source: member.source,
                    options,
                }
            })
            .collect();
        work.nesting -= 1;
        if let Some((_, family)) = work.families.get_mut(index) {
            family.variants = variants;
        }
        index
    }
}
