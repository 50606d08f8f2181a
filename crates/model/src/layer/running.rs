//! A statistic: part of the model's state, never trained by gradients. Norms update theirs during the forward pass.
//!
//! Burn's own running state is shared by every clone of a module, lags one update behind when a module is visited, and
//! is averaged over threads. A checkpoint must hold exactly what the last step left, and a clone must stand alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
    Param, ParamId,
};
use burn::tensor::{Device, Tensor};

/// A vector `[channels]` that `forward` may change through a shared reference.
pub(crate) struct Running {
    id: ParamId,
    value: Mutex<Tensor<1>>,
}

impl Running {
    pub(crate) fn new(value: Tensor<1>) -> Self {
        Self::with_id(ParamId::new(), value)
    }

    fn with_id(id: ParamId, value: Tensor<1>) -> Self {
        Self {
            id,
            value: Mutex::new(value),
        }
    }

    /// The value as the last update left it.
    #[must_use]
    pub(crate) fn value(&self) -> Tensor<1> {
        self.locked().clone()
    }

    /// Moves the value towards `seen`: (1 - share) value + share seen.
    pub(crate) fn update(&self, seen: Tensor<1>, share: f64) {
        let mut value = self.locked();
        let moved = value.clone() * (1.0 - share) + seen.detach() * share;
        *value = moved.detach();
    }

    fn locked(&self) -> MutexGuard<'_, Tensor<1>> {
        // A panic elsewhere cannot leave half a tensor here: it is replaced in one assignment.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The statistic with what this makes of its value.
    pub(crate) fn changed(self, change: impl FnOnce(Tensor<1>) -> Tensor<1>) -> Self {
        let value = change(self.value());
        Self::with_id(self.id, value)
    }
}

impl Clone for Running {
    fn clone(&self) -> Self {
        Self::with_id(self.id, self.value())
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("id", &self.id).finish()
    }
}

impl Module for Running {
    fn collect_devices(&self, mut devices: Devices) -> Devices {
        let device = self.locked().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn to_device(self, device: &Device) -> Self {
        self.changed(|value| value.to_device(device).detach())
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.value()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let id = self.id;
        let (_, value, _) = mapper
            .map_float(Param::initialized(id, self.value()))
            .consume();
        // Whatever the mapper does, this is not something to train.
        Self::with_id(id, value.set_require_grad(false))
    }

    fn valid(&self) -> Self {
        Self::with_id(self.id, self.value().without_autodiff())
    }

    fn train(self) -> Self {
        self.changed(Tensor::autodiff)
    }

    fn materialize(self) -> Self {
        self
    }

    // A statistic is no parameter: it is not counted as one.
    fn num_params(&self) -> usize {
        0
    }
}

impl ModuleDisplayDefault for Running {
    fn content(&self, content: Content) -> Option<Content> {
        content
            .add_formatted(&format!("Running {:?}", self.locked().dims()))
            .optional()
    }
}

impl ModuleDisplay for Running {}
