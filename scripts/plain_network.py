"""A plain shared PyTorch network, built and trained as configs/real/NAME.toml says; used by baselines.py."""

import copy
import math

import numpy as np
import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "elu": nn.ELU, "tanh": nn.Tanh}


class Block(nn.Module):
    """Linear, normalization, activation, dropout; beside it the input, if the config wants it and the widths agree."""

    def __init__(self, inputs, width, options):
        super().__init__()
        norm = options.get("norm", "none")
        layers = [nn.Linear(inputs, width, bias=norm != "batch")]
        if norm != "none":
            layers.append(nn.LayerNorm(width) if norm == "layer" else nn.BatchNorm1d(width))
        layers += [ACTIVATIONS[options.get("activation", "relu")](), nn.Dropout(options.get("dropout", 0.0))]
        self.layers = nn.Sequential(*layers)
        self.is_residual = options.get("residual", False) and inputs == width

    def forward(self, x):
        return x + self.layers(x) if self.is_residual else self.layers(x)


class Network(nn.Module):
    """Embeddings, encoder, one linear head per task."""

    def __init__(self, settings, numeric, categories, image, outputs):
        super().__init__()
        encoder = settings.get("encoder", {})
        width = lambda count: settings.get("categorical", {}).get("width") or min((count + 1) // 2, 50)
        self.embeddings = nn.ModuleList(nn.Embedding(count, width(count)) for count in categories)
        inputs = numeric + sum(width(count) for count in categories)
        layers = []
        if encoder.get("type") == "cnn":
            layers, inputs = convolutions(encoder, image)
            widths = encoder.get("dense", [128])
            encoder = {**encoder, "norm": "none"}
        else:
            widths = encoder.get("hidden", [128, 64])
        for width in widths:
            layers.append(Block(inputs, width, encoder))
            inputs = width
        self.encoder = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({name: nn.Linear(inputs, count) for name, count in outputs.items()})

    def forward(self, numeric, codes, image):
        if image is not None:
            shared = self.encoder(image)
        else:
            columns = [table(codes[:, at]) for at, table in enumerate(self.embeddings)]
            shared = self.encoder(torch.cat([numeric, *columns], 1))
        return {name: head(shared) for name, head in self.heads.items()}


def convolutions(encoder, image):
    channels, height, width = image
    layers = []
    of = lambda key, at, usual: (lambda values: values[at] if len(values) > 1 else values[0])(encoder.get(key, [usual]))
    for at, made in enumerate(encoder.get("channels", [16, 32])):
        kernel, pool, norm = of("kernel", at, 3), of("pool_size", at, 2), encoder.get("norm", "none")
        layers.append(nn.Conv2d(channels, made, kernel, padding="same", bias=norm != "batch"))
        if norm != "none":
            layers.append(nn.BatchNorm2d(made) if norm == "batch" else nn.GroupNorm(8, made))
        layers += [ACTIVATIONS[encoder.get("activation", "relu")](), nn.MaxPool2d(pool)]
        layers.append(nn.Dropout(encoder.get("dropout", 0.0)))
        channels, height, width = made, height // pool, width // pool
    return [*layers, nn.Flatten()], channels * height * width


def loss_of(options):
    """The config's loss as a mean over labelled rows."""
    loss = options.get("loss", {})
    kind, loss = (loss, {}) if isinstance(loss, str) else (loss.get("type"), loss)
    if options["type"] == "multiclass":
        smooth = loss.get("label_smoothing", 0.0)
        return lambda x, y: nn.functional.cross_entropy(x, y[:, 0].long(), label_smoothing=smooth)
    if options["type"] in ("binary", "multilabel"):
        return lambda x, y: nn.functional.binary_cross_entropy_with_logits(x, y) * y.shape[1]
    if kind == "huber":
        return lambda x, y: nn.functional.huber_loss(x, y, delta=loss.get("delta", 1.0))
    return nn.functional.l1_loss if kind == "l1" else nn.functional.mse_loss


class Rows:
    """Rows as tensors, scaled by the training rows; categories numbered, 0 for one that training never saw."""

    def __init__(self, part, kept, fitted=None):
        self.fit = fitted or {
            "mean": np.nanmean(part.numeric[kept], 0), "std": np.nanstd(part.numeric[kept], 0),
            "codes": [
                {cell: at + 1 for at, cell in enumerate(sorted({cells[row] for row in kept}))}
                for cells in part.categories
            ],
            "pixels": None if part.images is None else (part.images[kept].mean() / 255, part.images[kept].std() / 255),
        }
        std = self.fit["std"]
        scaled = (part.numeric - self.fit["mean"]) / np.where(std > 0, std, 1.0)
        self.numeric = torch.tensor(np.where(np.isnan(scaled) | (std == 0), 0.0, scaled), dtype=torch.float32)
        coded = [[code.get(cell, 0) for cell in cells] for code, cells in zip(self.fit["codes"], part.categories)]
        self.codes = torch.tensor(coded, dtype=torch.long).T if coded else None
        self.images = None
        if part.images is not None:
            mean, std = self.fit["pixels"]
            self.images = torch.tensor((part.images[:, None] / 255 - mean) / std, dtype=torch.float32)

    def take(self, rows):
        pick = lambda values: None if values is None else values[rows]
        return pick(self.numeric), pick(self.codes), pick(self.images)


def factor(schedule, step, steps, per_epoch):
    kind, options = (schedule, {}) if isinstance(schedule, str) else (schedule["type"], schedule)
    warmup, end = options.get("warmup_steps", 0), options.get("end", 0.0)
    if step < warmup:
        return (step + 1) / warmup
    share = (step - warmup) / max(steps - warmup, 1)
    if kind == "cosine":
        return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * share))
    return 1 + (end - 1) * share if kind == "linear" else 1.0


def optimizer_of(settings, network):
    given = settings.get("optimizer", "adamw")
    kind, options = (given, {}) if isinstance(given, str) else (given["type"], given)
    if kind == "sgd":
        momentum, nesterov = options.get("momentum", 0.0), options.get("nesterov", False)
        return torch.optim.SGD(
            network.parameters(), options.get("lr", 0.1), momentum, nesterov=nesterov,
            weight_decay=options.get("weight_decay", 0.0),
        )
    rule, decay = (torch.optim.AdamW, 0.01) if kind == "adamw" else (torch.optim.Adam, 0.0)
    return rule(network.parameters(), options.get("lr", 1e-3), weight_decay=options.get("weight_decay", decay))


def train_network(settings, train, test, seed):
    """Predictions on `test` of the network of the best validation epoch: probabilities, or values in their unit."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    order = random.permutation(len(train))
    held = round(settings["data"]["split"]["val"] * len(train))
    val, rest = order[:held], order[held:]
    rows = Rows(train, rest)
    tasks, options = settings["tasks"], settings["train"]
    labels, scales, outputs = {}, {}, {}
    for name, task in tasks.items():
        values = train.targets[name]
        known = values[rest][~np.isnan(values[rest]).any(1)]
        is_scaled = task["type"] == "regression" and task.get("normalize", "standard") == "standard"
        scales[name] = (known.mean(0), known.std(0)) if is_scaled else (0.0, 1.0)
        labels[name] = torch.tensor((values - scales[name][0]) / scales[name][1], dtype=torch.float32)
        outputs[name] = int(known.max()) + 1 if task["type"] == "multiclass" else values.shape[1]
    image = None if train.images is None else (1, *train.images.shape[1:])
    categories = [len(code) + 1 for code in rows.fit["codes"]]
    network = Network(settings, rows.numeric.shape[1], categories, image, outputs)
    optimizer = optimizer_of(options, network)
    base = [group["lr"] for group in optimizer.param_groups]
    losses = {name: loss_of(task) for name, task in tasks.items()}
    size = options.get("batch_size", 128)
    per_epoch = math.ceil(len(rest) / size)
    steps = per_epoch * options["epochs"]
    best = (-math.inf, None)
    step = 0
    for _ in range(options["epochs"]):
        network.train()
        for batch in np.array_split(random.permutation(rest), per_epoch):
            for group, rate in zip(optimizer.param_groups, base):
                group["lr"] = rate * factor(options.get("schedule", "constant"), step, steps, per_epoch)
            predicted = network(*rows.take(batch))
            loss = 0.0
            for name in tasks:
                known = ~torch.isnan(labels[name][batch]).any(1)
                if known.any():
                    loss = loss + losses[name](predicted[name][known], labels[name][batch][known])
            optimizer.zero_grad()
            loss.backward()
            if "gradient_clip_norm" in options:
                nn.utils.clip_grad_norm_(network.parameters(), options["gradient_clip_norm"])
            optimizer.step()
            step += 1
        value = score(settings, predict(network, rows, val), {name: labels[name][val] for name in tasks}, scales)
        if value > best[0]:
            best = (value, copy.deepcopy(network.state_dict()))
    network.load_state_dict(best[1])
    raw = predict(network, Rows(test, None, rows.fit), np.arange(len(test)))
    return {name: decoded(tasks[name], raw[name], scales[name]) for name in tasks}


def predict(network, rows, chosen):
    network.eval()
    with torch.no_grad():
        parts = [network(*rows.take(chosen[at:at + 1024])) for at in range(0, len(chosen), 1024)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def decoded(task, raw, scale):
    if task["type"] == "multiclass":
        return torch.softmax(raw, 1).numpy()
    return raw.numpy() * scale[1] + scale[0] if task["type"] == "regression" else torch.sigmoid(raw).numpy()


def score(settings, raw, labels, scales):
    """The config's score; by default the first metric of every task, but R2 where several regressions would be averaged."""
    from sklearn.metrics import roc_auc_score

    several = len(settings["tasks"]) > 1
    usual = {
        name: "r2" if several and task["type"] == "regression" else task["metrics"][0]
        for name, task in settings["tasks"].items()
    }
    keys = settings.get("score") or {f"val/{name}/{metric}": 1.0 for name, metric in usual.items()}
    total = 0.0
    for key, weight in keys.items():
        _, name, metric = key.split("/")
        known = ~torch.isnan(labels[name]).any(1)
        truth, guess = labels[name][known], raw[name][known]
        if metric == "accuracy":
            value = (guess.argmax(1) == truth[:, 0]).float().mean().item()
        elif metric == "auroc":
            with_both = [at for at in range(truth.shape[1]) if 0 < truth[:, at].sum() < len(truth)]
            value = np.mean([roc_auc_score(truth[:, at], guess[:, at]) for at in with_both])
        elif metric == "r2":
            value = 1 - ((guess - truth) ** 2).mean().item() / truth.var(unbiased=False).item()
        elif metric == "mae":
            value = -(guess - truth).abs().mean().item() * float(np.mean(scales[name][1]))
        else:
            raise SystemExit(f"{key}: no such metric here")
        total += weight * value
    return total
