//! One layer over another: tables merge, everything else replaces.

use std::sync::Arc;

use super::node::{Node, Table, Value};

/// `over` on top of `base`.
///
/// A table without `type` over a string fills in that string as its `type`: `--set train.optimizer.lr=1` over
/// `optimizer = "adamw"` gives `{ type = "adamw", lr = 1 }`. A string over a table replaces it.
pub(crate) fn merge(base: &Arc<Node>, over: &Arc<Node>) -> Arc<Node> {
    let Value::Table(above) = &over.value else {
        return replaced(base, over);
    };
    let mut merged = match &base.value {
        Value::Table(below) => below.clone(),
        Value::Text(_) if above.get("type").is_none() => {
            let mut table = Table::default();
            table.set("type", Arc::clone(base));
            table
        }
        _ => return replaced(base, over),
    };
    merge_tables(&mut merged, above);
    Arc::new(Node {
        value: Value::Table(merged),
        // A header in the file says more about a table than the layer that changed one of its keys.
        place: base.place.clone(),
        key: base.key.clone(),
        rank: over.rank,
        profile: over.profile.clone(),
        before: base.before.clone(),
    })
}

pub(crate) fn merge_tables(base: &mut Table, over: &Table) {
    for (key, node) in over.iter() {
        let merged = base
            .get(key)
            .map_or_else(|| Arc::clone(node), |below| merge(below, node));
        base.set(key, merged);
    }
}

fn replaced(base: &Arc<Node>, over: &Arc<Node>) -> Arc<Node> {
    Arc::new(Node {
        value: over.value.clone(),
        place: over.place.clone(),
        key: over.key.clone(),
        rank: over.rank,
        profile: over.profile.clone(),
        before: Some(Arc::clone(base)),
    })
}
