//! Classes seen too rarely to say anything, merged into one.

/// A class seen fewer times than this is merged.
pub const RARE: u64 = 5;

/// A label with its rare classes merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The new class of every row.
    pub labels: Vec<Option<u32>>,
    /// How many classes there are now.
    pub classes: usize,
    /// How many old classes, seen at least once, are in the class `rare`, which is the last one.
    pub rare: usize,
}

/// Merges every class seen fewer than [`RARE`] times into a last class `rare`. Classes never seen are dropped, and a lone rare
/// class stays what it is: merging it with nothing changes nothing.
///
/// ```
/// use polytask_information::discrete::merge_rare;
///
/// let labels: Vec<Option<u32>> = [0, 0, 0, 0, 0, 0, 1, 2, 3].map(Some).to_vec();
/// let merged = merge_rare(&labels, 5);
/// assert_eq!((merged.classes, merged.rare), (2, 3));
/// assert_eq!(merged.labels[8], Some(1));
/// ```
#[must_use]
pub fn merge_rare(labels: &[Option<u32>], classes: usize) -> Merged {
    let mut counts = vec![0u64; classes];
    for label in labels.iter().flatten() {
        if let Some(count) = counts.get_mut(*label as usize) {
            *count += 1;
        }
    }
    let rare = counts
        .iter()
        .filter(|&&count| (1..RARE).contains(&count))
        .count();
    let kept = counts.iter().filter(|&&count| count >= RARE).count() as u32;
    let mut next = 0;
    let renamed: Vec<u32> = counts
        .iter()
        .map(|&count| {
            if count < RARE {
                return kept;
            }
            next += 1;
            next - 1
        })
        .collect();
    Merged {
        labels: labels
            .iter()
            .map(|label| renamed.get((*label)? as usize).copied())
            .collect(),
        classes: kept as usize + usize::from(rare > 0),
        rare: if rare > 1 { rare } else { 0 },
    }
}
