//! The shape of a tree of labels: who stands below whom, and the order in which labels come.
//!
//! A tree is read from its first label on: the first label of the first edge is its root, and below each label stand the
//! others in the order of the edges. Names alone decide, so that the order of the tasks in a config means nothing.

/// Two labels by name.
pub type Edge = [String; 2];

/// A forest of labels, parents before children and each subtree in one piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) places: Vec<Place>,
}

/// Where a label stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) name: String,
    /// The edge up, and the place at its end; none for a root.
    pub(crate) up: Option<Link>,
    /// The places below, in order.
    pub(crate) children: Vec<usize>,
}

/// An edge as it is gone along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The place of the parent.
    pub(crate) parent: usize,
    /// Which edge.
    pub(crate) edge: usize,
    /// Whether the parent is the edge's first label.
    pub(crate) is_forward: bool,
}

impl Tree {
    /// The forest of these edges, which close no [circle], and of `alone`, names that need no edge.
    pub(crate) fn of(edges: &[Edge], alone: &[String]) -> Self {
        let mut tree = Self::default();
        let names = edges.iter().flatten().chain(alone);
        for name in names {
            if tree.places.iter().all(|place| place.name != *name) {
                tree.grow(name, edges);
            }
        }
        tree
    }

    /// The places from a root down to this label, both included; none if it is not there.
    pub(crate) fn ancestors(&self, name: &str) -> Vec<usize> {
        let mut at = self.places.iter().position(|place| place.name == name);
        let mut ancestors = Vec::new();
        while let Some(place) = at {
            ancestors.push(place);
            at = self
                .places
                .get(place)
                .and_then(|place| place.up)
                .map(|up| up.parent);
        }
        ancestors.reverse();
        ancestors
    }

    /// Adds the tree of which `root` is the root.
    fn grow(&mut self, root: &str, edges: &[Edge]) {
        let mut waiting: Vec<(&str, Option<Link>)> = vec![(root, None)];
        while let Some((name, up)) = waiting.pop() {
            let own = self.places.len();
            if let Some(parent) = up.and_then(|up| self.places.get_mut(up.parent)) {
                parent.children.push(own);
            }
            self.places.push(Place {
                name: name.to_owned(),
                up,
                children: Vec::new(),
            });
            // The last one that waits comes first.
            for (edge, [first, second]) in edges.iter().enumerate().rev() {
                let link = |is_forward| {
                    Some(Link {
                        parent: own,
                        edge,
                        is_forward,
                    })
                };
                if up.is_some_and(|up| up.edge == edge) {
                    continue;
                }
                if first == name {
                    waiting.push((second, link(true)));
                } else if second == name {
                    waiting.push((first, link(false)));
                }
            }
        }
    }
}

/// The first edge that closes a circle, and the names around it, of which the last is the first again.
///
/// ```
/// let edge = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
/// let edges = [edge("a", "b"), edge("b", "c"), edge("c", "a")];
/// assert_eq!(polytask_model::circle(&edges).unwrap(), (2, ["a", "b", "c", "a"].map(str::to_owned).to_vec()));
/// assert_eq!(polytask_model::circle(&edges[..2]), None);
/// ```
#[must_use]
pub fn circle(edges: &[Edge]) -> Option<(usize, Vec<String>)> {
    edges.iter().enumerate().find_map(|(index, [from, to])| {
        let mut around = path(edges.get(..index)?, to, from)?;
        around.push(to.clone());
        Some((index, around))
    })
}

/// The names from one label to another, both included, if edges without a circle join them.
fn path(edges: &[Edge], from: &str, to: &str) -> Option<Vec<String>> {
    // Each label that is reached, with the one that it is reached from.
    let mut reached: Vec<(&str, Option<usize>)> = vec![(from, None)];
    let mut next = 0;
    while let Some(&(name, before)) = reached.get(next) {
        if name == to {
            let mut names = Vec::new();
            let mut at = Some(next);
            while let Some((name, before)) = at.and_then(|at| reached.get(at)) {
                names.push((*name).to_owned());
                at = *before;
            }
            names.reverse();
            return Some(names);
        }
        let before = before
            .and_then(|before| reached.get(before))
            .map(|one| one.0);
        for [first, second] in edges {
            let other = match (first == name, second == name) {
                (true, _) => second,
                (_, true) => first,
                _ => continue,
            };
            if Some(other.as_str()) != before {
                reached.push((other, Some(next)));
            }
        }
        next += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(first: &str, second: &str) -> Edge {
        [first.to_owned(), second.to_owned()]
    }

    #[test]
    fn parents_come_first_and_subtrees_are_in_one_piece() {
        let edges = [
            edge("b", "a"),
            edge("c", "b"),
            edge("a", "d"),
            edge("x", "y"),
            edge("b", "e"),
        ];
        let tree = Tree::of(&edges, &["z".to_owned(), "a".to_owned()]);
        let names: Vec<&str> = tree
            .places
            .iter()
            .map(|place| place.name.as_str())
            .collect();
        assert_eq!(names, ["b", "a", "d", "c", "e", "x", "y", "z"]);
        assert_eq!(tree.places[0].children, [1, 3, 4]);
        let up = |place: usize| {
            tree.places[place]
                .up
                .map(|up| (up.parent, up.edge, up.is_forward))
        };
        assert_eq!(up(0), None);
        assert_eq!(up(1), Some((0, 0, true)));
        assert_eq!(up(3), Some((0, 1, false)));
        assert_eq!(up(6), Some((5, 3, true)));
    }

    #[test]
    fn a_circle_is_named_along_its_edges() {
        let around = |edges: &[Edge]| circle(edges).map(|(at, names)| (at, names.join(" ")));
        assert_eq!(around(&[edge("a", "a")]), Some((0, "a a".to_owned())));
        let twice = [edge("a", "b"), edge("b", "a")];
        assert_eq!(around(&twice), Some((1, "a b a".to_owned())));
        let long = [
            edge("a", "b"),
            edge("c", "d"),
            edge("b", "c"),
            edge("b", "e"),
            edge("d", "a"),
        ];
        assert_eq!(around(&long), Some((4, "a b c d a".to_owned())));
        assert_eq!(around(&long[..4]), None);
    }
}
