//! Scores from a source model's classes: NCE and LEEP, nats. Both are at most 0; nearer is better.

use crate::InformationError;
use crate::discrete::{MutualInformation, Table};
use crate::error::{at_least, is_law, same_length};

/// -H(Y|Z) with Z the source model's most likely class (NCE; Tran, Nguyen, Hassner 2019).
///
/// # Errors
/// If the labels differ in number or there is none.
pub fn nce(labels: &[u32], source_classes: &[u32]) -> Result<f64, InformationError> {
    same_length(
        "labels and source classes",
        labels.len(),
        source_classes.len(),
    )?;
    at_least("labels", labels.len(), 1)?;
    let classes = |values: &[u32]| values.iter().max().map_or(0, |&class| class as usize + 1);
    let some = |values: &[u32]| values.iter().map(|&class| Some(class)).collect::<Vec<_>>();
    let table = Table::of_labels(
        &some(source_classes),
        classes(source_classes),
        &some(labels),
        classes(labels),
    )?;
    Ok(-MutualInformation::of(&table).y_given_x())
}

/// mean ln Σ_z P(y_i|z) θ_i(z), with P(y|z) from the soft counts Σ θ_i(z) (LEEP; Nguyen et al. 2020). `source` holds one law over
/// the source's classes per row.
///
/// # Errors
/// If labels and rows differ in number, there is none, or a row is not a distribution.
///
/// ```
/// use polytask_information::transferability::leep;
///
/// // A source that is sure and names the label: nothing is lost.
/// let source = [vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0]];
/// assert!(leep(&[1, 0, 1], &source)?.abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn leep(labels: &[u32], source: &[Vec<f64>]) -> Result<f64, InformationError> {
    same_length("labels and source rows", labels.len(), source.len())?;
    at_least("labels", labels.len(), 1)?;
    let classes = labels.iter().max().map_or(0, |&class| class as usize + 1);
    crate::error::at_most("classes", classes, labels.len().max(1 << 16))?;
    let sources = source.first().map_or(0, Vec::len);
    let mut joint = vec![vec![0.0; sources]; classes];
    let mut totals = vec![0.0; sources];
    for (&label, row) in labels.iter().zip(source) {
        same_length("source classes of two rows", sources, row.len())?;
        is_law("source row", row)?;
        if let Some(sums) = joint.get_mut(label as usize) {
            for ((sum, total), p) in sums.iter_mut().zip(&mut totals).zip(row) {
                *sum += p;
                *total += p;
            }
        }
    }
    let log = |(&label, row): (&u32, &Vec<f64>)| {
        let sums = joint.get(label as usize).map_or(&[][..], Vec::as_slice);
        sums.iter()
            .zip(&totals)
            .zip(row)
            .map(|((sum, total), p)| if *total > 0.0 { sum / total * p } else { 0.0 })
            .sum::<f64>()
            .ln()
    };
    Ok(labels.iter().zip(source).map(log).sum::<f64>() / labels.len() as f64)
}
