//! Devices: what `--backend` and `--device` mean on this machine.
//!
//! The one place that chooses a backend. WGPU's constructors are lazy and panic late, so an adapter is probed with the
//! functions that return errors before anything is placed on it.

use burn::tensor::{Device, DeviceType};
use burn_dispatch::{DispatchDevice, devices::CubeDevice};
use burn_wgpu::graphics::AutoGraphicsApi;
use burn_wgpu::wgpu;
use polytask_config::Choice;
use thiserror::Error;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Backend {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// Burn Flex.
    Cpu,
    /// burn-ndarray.
    NdArray,
    /// burn-wgpu.
    Wgpu,
}

impl Choice for Backend {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "auto",
            Backend::Auto,
            "a hardware GPU if there is one, else the CPU",
        ),
        (
            "cpu",
            Backend::Cpu,
            "Burn Flex: SIMD and threads on the CPU",
        ),
        (
            "ndarray",
            Backend::NdArray,
            "burn-ndarray: the older CPU backend, for comparison",
        ),
        (
            "wgpu",
            Backend::Wgpu,
            "burn-wgpu: any GPU through Vulkan, Metal, DirectX 12 or OpenGL",
        ),
    ];
}

/// Where a run takes place.
#[derive(Clone, Debug)]
pub struct Place {
    /// Without autodiff.
    pub device: Device,
    /// `cpu`, `ndarray` or `wgpu`.
    pub backend: &'static str,
    /// The adapter, if the backend has one.
    pub adapter: Option<Adapter>,
    /// Equal runs give equal bits.
    pub is_deterministic: bool,
    /// What `auto` decided and why, for the user.
    pub note: Option<String>,
}

impl Place {
    /// The CPU by Burn Flex.
    #[must_use]
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            backend: "cpu",
            adapter: None,
            is_deterministic: true,
            note: None,
        }
    }
}

/// One adapter that WGPU reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// What `--device` takes.
    pub index: usize,
    /// The driver's name for it.
    pub name: String,
    /// `discrete GPU`, `integrated GPU`, `virtual GPU`, `software rasterizer` or `other`.
    pub kind: &'static str,
    /// `Vulkan`, `Metal`, `Dx12` or `Gl`.
    pub api: String,
    /// The largest buffer in bytes.
    pub max_buffer: u64,
}

impl Adapter {
    /// A rasteriser that runs on the CPU is not a GPU.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.kind == "software rasterizer"
    }
}

/// Why a device is not to be had.
#[derive(Clone, Debug, Error)]
pub enum DeviceError {
    /// No adapter at all.
    #[error(
        "no adapter for the wgpu backend: no Vulkan, Metal, DirectX 12 or OpenGL driver was found"
    )]
    NoAdapter,
    /// Some adapters, but not that one.
    #[error("there is no wgpu adapter {asked}; found {}", listed(found))]
    Index {
        /// What `--device` said.
        asked: usize,
        /// What there is.
        found: Vec<Adapter>,
    },
    /// An adapter that does not start.
    #[error("the wgpu adapter {index} does not start: {message}")]
    Start {
        /// Its index.
        index: usize,
        /// The driver's message.
        message: String,
    },
    /// A device index for a backend that has one device.
    #[error("the {backend} backend has one device, number 0; --device {asked} names another")]
    OneDevice {
        /// The backend.
        backend: &'static str,
        /// What `--device` said.
        asked: usize,
    },
}

fn listed(found: &[Adapter]) -> String {
    let names: Vec<String> = found
        .iter()
        .map(|adapter| {
            format!(
                "{}: {} ({}, {})",
                adapter.index, adapter.name, adapter.kind, adapter.api
            )
        })
        .collect();
    names.join("; ")
}

fn wgpu_devices() -> Vec<burn_wgpu::WgpuDevice> {
    Device::enumerate(DeviceType::Wgpu)
        .into_vec()
        .into_iter()
        .filter_map(|device| match device.as_dispatch() {
            DispatchDevice::Cube(CubeDevice::Wgpu(device)) => Some(device.clone()),
            _ => None,
        })
        .collect()
}

fn start(index: usize, device: &burn_wgpu::WgpuDevice) -> Result<Adapter, DeviceError> {
    let setup =
        burn_wgpu::try_init_setup::<AutoGraphicsApi>(device, burn_wgpu::RuntimeOptions::default())
            .map_err(|error| DeviceError::Start {
                index,
                message: error.to_string(),
            })?;
    let info = setup.adapter.get_info();
    Ok(Adapter {
        index,
        name: info.name,
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete GPU",
            wgpu::DeviceType::IntegratedGpu => "integrated GPU",
            wgpu::DeviceType::VirtualGpu => "virtual GPU",
            wgpu::DeviceType::Cpu => "software rasterizer",
            wgpu::DeviceType::Other => "other",
        },
        api: format!("{:?}", info.backend),
        max_buffer: setup.device.limits().max_buffer_size,
    })
}

/// Every adapter that WGPU reaches; opens each. Call it once.
#[must_use]
pub fn adapters() -> Vec<Result<Adapter, DeviceError>> {
    wgpu_devices()
        .iter()
        .enumerate()
        .map(|(index, device)| start(index, device))
        .collect()
}

fn wgpu_place(index: usize) -> Result<Place, DeviceError> {
    let devices = wgpu_devices();
    if devices.is_empty() {
        return Err(DeviceError::NoAdapter);
    }
    let Some(device) = devices.get(index) else {
        let found = adapters().into_iter().flatten().collect();
        return Err(DeviceError::Index {
            asked: index,
            found,
        });
    };
    let adapter = start(index, device)?;
    Ok(Place {
        device: Device::new(device.clone()),
        backend: "wgpu",
        note: adapter.is_software().then(|| {
            format!(
                "the wgpu adapter '{}' is a software rasterizer: it runs on the CPU, slowly",
                adapter.name
            )
        }),
        adapter: Some(adapter),
        is_deterministic: false,
    })
}

/// What `backend` and `index` name on this machine.
///
/// # Errors
/// No adapter, no such adapter, or one that does not start.
pub fn resolve(backend: Backend, index: Option<usize>) -> Result<Place, DeviceError> {
    let only = |backend: &'static str| match index {
        None | Some(0) => Ok(()),
        Some(asked) => Err(DeviceError::OneDevice { backend, asked }),
    };
    match backend {
        Backend::Cpu => only("cpu").map(|()| Place::cpu()),
        Backend::NdArray => only("ndarray").map(|()| Place {
            device: ndarray(),
            backend: "ndarray",
            ..Place::cpu()
        }),
        Backend::Wgpu => wgpu_place(index.unwrap_or(0)),
        Backend::Auto => Ok(auto(index)?),
    }
}

fn auto(index: Option<usize>) -> Result<Place, DeviceError> {
    if index.is_some() {
        return wgpu_place(index.unwrap_or(0));
    }
    let mut reason = "no GPU was found".to_owned();
    for (index, device) in wgpu_devices().iter().enumerate() {
        match start(index, device) {
            Ok(adapter) if !adapter.is_software() => {
                return Ok(Place {
                    device: Device::new(device.clone()),
                    backend: "wgpu",
                    note: Some(format!(
                        "backend auto: wgpu on {} ({}, {})",
                        adapter.name, adapter.kind, adapter.api
                    )),
                    adapter: Some(adapter),
                    is_deterministic: false,
                });
            }
            Ok(adapter) => {
                reason = format!(
                    "the only adapter, '{}', is a software rasterizer",
                    adapter.name
                )
            }
            Err(error) => reason = error.to_string(),
        }
    }
    Ok(Place {
        note: Some(format!("backend auto: cpu ({reason})")),
        ..Place::cpu()
    })
}

#[expect(
    deprecated,
    reason = "the older backend is offered for comparison while Burn has it"
)]
fn ndarray() -> Device {
    Device::ndarray()
}
