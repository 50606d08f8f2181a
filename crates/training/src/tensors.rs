//! Batches as tensors: the one place where plain arrays go to the device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use polytask_data::{Batch, InputShape, Labels};
use polytask_model::Inputs;

/// The inputs of `batch` on `device`.
#[must_use]
pub fn inputs(batch: &Batch, shape: &InputShape, device: &Device) -> Inputs {
    let rows = batch.rows.len();
    Inputs {
        numeric: (shape.numeric > 0).then(|| {
            Tensor::from_data(
                TensorData::new(batch.numeric.clone(), [rows, shape.numeric]),
                device,
            )
        }),
        categorical: (!shape.categorical.is_empty()).then(|| {
            let columns = shape.categorical.len();
            Tensor::<2, Int>::from_data(
                TensorData::new(batch.categorical.clone(), [rows, columns]),
                device,
            )
        }),
        image: shape.image.map(|[channels, height, width]| {
            Tensor::from_data(
                TensorData::new(batch.image.clone(), [rows, channels, height, width]),
                device,
            )
        }),
        all_known: all_known(batch, shape),
    }
}

/// Whether training rows have every category of the batch.
fn all_known(batch: &Batch, shape: &InputShape) -> bool {
    let mut rows = batch
        .categorical
        .chunks_exact(shape.categorical.len().max(1));
    rows.all(|row| {
        let mut columns = row.iter().zip(&shape.categorical);
        columns.all(|(&category, column)| column.is_known(category))
    })
}

/// The labels of one task on `device`: values `[rows, width]` and mask `[rows]`.
#[must_use]
pub fn labels(labels: &Labels, device: &Device) -> (Tensor<2>, Tensor<1>) {
    let rows = labels.mask.len();
    let width = labels.values.len() / rows.max(1);
    (
        Tensor::from_data(
            TensorData::new(labels.values.clone(), [rows, width]),
            device,
        ),
        Tensor::from_data(TensorData::new(labels.mask.clone(), [rows]), device),
    )
}

/// The values of several one-element tensors, read from the device in one go.
#[must_use]
pub fn read_scalars(scalars: Vec<Tensor<1>>) -> Vec<f64> {
    if scalars.is_empty() {
        return Vec::new();
    }
    read(Tensor::cat(scalars, 0))
        .into_iter()
        .map(f64::from)
        .collect()
}

/// The values of a tensor on the host.
#[must_use]
pub fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    // A float tensor converts to f32 on every backend.
    tensor
        .into_data()
        .convert::<f32>()
        .try_into_vec::<f32>()
        .unwrap_or_default()
}
