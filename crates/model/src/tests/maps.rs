//! The layers of pictures in plain f64, and the whole convolutional encoder.

use polytask_data::{InputShape, TaskKind};

use super::cases::random_heads;
use super::fixtures::{
    assert_rows, built, flex, model_options, ndarray, normals, rows, task, tensor,
};
use super::reference::{self, Rows, Values};
use crate::{ActivationKind, Cnn, Collapse, HardOptions, Inputs, MapNorm, Padding, PoolKind};

/// Pictures, row by row: channels, then height, then width.
#[derive(Clone)]
pub(super) struct Map {
    pub(super) dims: [usize; 3],
    pub(super) rows: Rows,
}

impl Map {
    pub(super) fn new(dims: [usize; 3], rows: Rows) -> Self {
        Self { dims, rows }
    }

    /// Zero outside of the picture.
    fn at(&self, row: usize, channel: usize, y: isize, x: isize) -> f64 {
        let [_, height, width] = self.dims;
        if y < 0 || x < 0 || y >= height as isize || x >= width as isize {
            return 0.0;
        }
        self.rows[row][(channel * height + y as usize) * width + x as usize]
    }

    fn made(&self, dims: [usize; 3], value: impl Fn(usize, usize, usize, usize) -> f64) -> Self {
        let [_, height, width] = dims;
        let row = |row| {
            let at = |at: usize| value(row, at / (height * width), at / width % height, at % width);
            (0..dims.iter().product()).map(at).collect()
        };
        Self::new(dims, (0..self.rows.len()).map(row).collect())
    }
}

pub(super) fn conv(
    values: &Values,
    name: &str,
    map: &Map,
    stride: usize,
    [before, after]: [usize; 2],
) -> Map {
    let (shape, weight) = &values.0[&format!("{name}.weight")];
    let (outputs, inputs, kernel) = (shape[0], shape[1], shape[2]);
    let bias = format!("{name}.bias");
    let bias = if values.has(&bias) {
        values.vector(&bias)
    } else {
        vec![0.0; outputs]
    };
    let side = |side: usize| (side + before + after - kernel) / stride + 1;
    map.made(
        [outputs, side(map.dims[1]), side(map.dims[2])],
        |row, output, y, x| {
            let mut sum = bias[output];
            for input in 0..inputs {
                for (i, j) in (0..kernel).flat_map(|i| (0..kernel).map(move |j| (i, j))) {
                    let [y, x] = [(y * stride + i) as isize, (x * stride + j) as isize];
                    let at = ((output * inputs + input) * kernel + i) * kernel + j;
                    sum +=
                        weight[at] * map.at(row, input, y - before as isize, x - before as isize);
                }
            }
            sum
        },
    )
}

pub(super) fn pool(map: &Map, size: usize, of: impl Fn(&[f64]) -> f64) -> Map {
    let [channels, height, width] = map.dims;
    map.made(
        [channels, height / size, width / size],
        |row, channel, y, x| {
            let window: Vec<f64> = (0..size * size)
                .map(|at| {
                    let [y, x] = [y * size + at / size, x * size + at % size];
                    map.at(row, channel, y as isize, x as isize)
                })
                .collect();
            of(&window)
        },
    )
}

/// (x - mean) / √(variance + ε), over all `numbers`.
fn moments(numbers: &[f64]) -> (f64, f64) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    (mean, variance)
}

fn scaled(values: &Values, name: &str, channel: usize, normal: f64) -> f64 {
    let [scale, shift] =
        ["scale", "shift"].map(|leaf| values.vector(&format!("{name}.{leaf}"))[channel]);
    scale * normal + shift
}

/// As in training: each channel over the rows and the picture.
pub(super) fn batch_norm(values: &Values, name: &str, map: Map) -> Map {
    let size = map.dims[1] * map.dims[2];
    let of_channel = |channel: usize| -> Vec<f64> {
        let part = |row: &Vec<f64>| row[channel * size..(channel + 1) * size].to_vec();
        map.rows.iter().flat_map(part).collect()
    };
    let moments: Vec<(f64, f64)> = (0..map.dims[0]).map(|c| moments(&of_channel(c))).collect();
    map.made(map.dims, |row, channel, y, x| {
        let (mean, variance) = moments[channel];
        let normal =
            (map.at(row, channel, y as isize, x as isize) - mean) / (variance + 1e-5).sqrt();
        scaled(values, name, channel, normal)
    })
}

pub(super) fn group_norm(values: &Values, name: &str, map: Map, groups: usize) -> Map {
    let size = map.rows[0].len() / groups;
    let channels = map.dims[0] / groups;
    map.made(map.dims, |row, channel, y, x| {
        let (mean, variance) = moments(map.rows[row].chunks(size).nth(channel / channels).unwrap());
        let normal =
            (map.at(row, channel, y as isize, x as isize) - mean) / (variance + 1e-5).sqrt();
        scaled(values, name, channel, normal)
    })
}

pub(super) fn beside(rows: Rows, columns: &Rows) -> Rows {
    rows.into_iter()
        .zip(columns)
        .map(|(row, more)| [row, more.clone()].concat())
        .collect()
}

/// What the convolutional encoder is in words: convolution, norm, activation, pooling; then dense layers.
fn cnn(values: &Values, options: &Cnn, map: &Map, columns: &Rows) -> Rows {
    let relu = |x: f64| super::cases::activation(options.activation, x);
    let mut map = map.clone();
    let mut layer = 0;
    for block in 0..options.channels.len() {
        let of = |list: &[usize]| *list.get(block).unwrap_or(&list[0]);
        let (kernel, stride, size) = (
            of(&options.kernel),
            of(&options.stride),
            of(&options.pool_size),
        );
        let padding = match options.padding {
            Padding::Same => [(kernel - 1) / 2, kernel / 2],
            Padding::Valid => [0, 0],
        };
        map = conv(
            values,
            &format!("encoder.layers.{layer}"),
            &map,
            stride,
            padding,
        );
        let norm = format!("encoder.layers.{}", layer + 1);
        layer += match options.norm {
            MapNorm::None => 1,
            MapNorm::Batch | MapNorm::Group => 2,
        };
        map = match options.norm {
            MapNorm::None => map,
            MapNorm::Batch => batch_norm(values, &norm, map),
            MapNorm::Group => {
                let groups = map.dims[0].min(8);
                group_norm(values, &norm, map, groups)
            }
        };
        map = Map::new(map.dims, reference::each(&map.rows, relu));
        map = match options.pool {
            PoolKind::None => map,
            PoolKind::Max => pool(&map, size, |w| w.iter().copied().fold(f64::MIN, f64::max)),
            PoolKind::Average => pool(&map, size, |w| w.iter().sum::<f64>() / w.len() as f64),
        };
        // Activation and dropout; and the pooling, if there is any.
        layer += if options.pool == PoolKind::None { 2 } else { 3 };
    }
    let size = map.dims[1] * map.dims[2];
    let flat: Rows = match options.collapse {
        Collapse::Flatten => map.rows,
        Collapse::Average => {
            let mean = |channel: &[f64]| channel.iter().sum::<f64>() / size as f64;
            map.rows
                .iter()
                .map(|row| row.chunks(size).map(mean).collect())
                .collect()
        }
    };
    let mut z = beside(flat, columns);
    layer += 1;
    for _ in &options.dense {
        z = reference::each(
            &reference::linear(values, &format!("encoder.layers.{layer}"), &z),
            relu,
        );
        layer += 3;
    }
    z
}

#[test]
fn the_convolutional_encoder_is_its_formula() {
    let small = || Cnn {
        channels: vec![3, 4],
        dense: vec![5],
        ..Cnn::default()
    };
    let cases = [
        small(),
        // Activations that keep the order stand after the pooling; the others before it.
        Cnn {
            activation: ActivationKind::Gelu,
            ..small()
        },
        Cnn {
            activation: ActivationKind::Silu,
            pool: PoolKind::Average,
            ..small()
        },
        Cnn {
            activation: ActivationKind::Tanh,
            norm: MapNorm::Group,
            ..small()
        },
        Cnn {
            norm: MapNorm::Batch,
            dense: vec![],
            collapse: Collapse::Average,
            ..small()
        },
        Cnn {
            kernel: vec![2, 3],
            stride: vec![2, 1],
            padding: Padding::Valid,
            pool: PoolKind::None,
            dense: vec![4, 3],
            ..small()
        },
        Cnn {
            kernel: vec![5, 2],
            pool_size: vec![3, 2],
            activation: ActivationKind::LeakyRelu,
            ..small()
        },
    ];
    let shape = InputShape {
        numeric: 2,
        categorical: Vec::new(),
        image: Some([1, 9, 8]),
    };
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let map = Map::new([1, 9, 8], normals("picture", 6, 72));
    let columns = normals("columns", 6, 2);
    for device in [flex(), ndarray()] {
        for case in &cases {
            let options = model_options(case.clone(), HardOptions, random_heads());
            let model = built(&options, &shape, &tasks, &device);
            let inputs = Inputs {
                numeric: Some(tensor(&columns, &device)),
                categorical: None,
                image: Some(tensor(&map.rows, &device).reshape([6, 1, 9, 8])),
                all_known: false,
            };
            let wanted = cnn(&Values::of(&model), case, &map, &columns);
            assert_rows(&rows(model.representation(&inputs)), &wanted, 2e-5);
            assert_eq!(model.representation_width(), wanted[0].len());
        }
    }
}
