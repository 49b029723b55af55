"""Turns the figures of compare.py into text and into one HTML page that needs no other file.

    python report.py chart.svg decode_64,prefill_512 a.json b.json

draws figures of one or more comparisons as one picture, with the goals of this project as lines.
"""
import html
import io
import json
import re
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plt

plt.rcParams.update({"svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})

# name, unit, divisor; the order of rows
FIGURES = [
    (r"prefill_(\d+)", "prefill {}", "tok/s", 1),
    (r"decode_64", "decode 64", "tok/s", 1),
    (r"decode_64_at_(\d+)", "decode 64 behind {}", "tok/s", 1),
    (r"stream_1", "one stream", "tok/s", 1),
    (r"streams_(\d+)", "{} streams", "tok/s", 1),
    (r"load_seconds", "load", "s", 1),
    (r"first_token_seconds", "start to first token", "s", 1),
    (r"packed_load_seconds", "load, packed weights kept", "s", 1),
    (r"packed_first_token_seconds", "start to first token, packed weights kept", "s", 1),
    (r"rss_bytes", "peak memory", "MB", 1e6),
    (r"rss_of_bound", "peak memory / (1.15 weights + KV + 200 MB)", "", 1),
    (r"decode_bandwidth_share", "decode, share of read bandwidth", "%", 0.01),
    (r"token_time_at_(\d+)", "time of a token behind {} / at the start", "", 1),
    (r"memory_bytes_per_second", "read bandwidth", "GB/s", 1e9),
]
PLOTS = r"prefill_\d+|decode_64(_at_\d+)?|streams_\d+|first_token_seconds|rss_bytes|decode_bandwidth_share"


def described(key):
    """Label, unit and divisor of a figure, or None if it is not shown."""
    for pattern, label, unit, scale in FIGURES:
        match = re.fullmatch(pattern, key)
        if match:
            return label.format(*match.groups()), unit, scale
    return None


def keys(model):
    """The figures any runtime of a model has, in the order of FIGURES."""
    present = {key for figures in model["figures"].values() for key in figures}
    order = {key: i for key in present for i, f in enumerate(FIGURES) if re.fullmatch(f[0], key)}
    return sorted(order, key=lambda k: (order[k], int((re.search(r"(\d+)$", k) or [0])[0])))


def rows(model):
    """Header and rows of the table of a model: a column for each runtime and each ratio."""
    header = ["", *model["figures"], *model["ratios"]]
    table = []
    for key in keys(model):
        label, unit, scale = described(key)
        row = [f"{label}, {unit}" if unit else label]
        for figures in model["figures"].values():
            row.append(spread(figures.get(key), scale))
        for ratios in model["ratios"].values():
            shown = not key.startswith(("memory", "rss_of"))
            row.append(spread(ratios.get(key), 1) if shown else "")
        table.append(row)
    return header, table


def spread(figure, scale):
    if figure is None:
        return ""
    middle, least, most = (figure[k] / scale for k in ("median", "min", "max"))
    digits = 0 if abs(middle) >= 1000 else 1 if abs(middle) >= 10 else 2
    if least == most:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({least:.{digits}f}\u2013{most:.{digits}f})"


def text(model):
    """A table for the terminal."""
    header, table = rows(model)
    widths = [max(len(row[i]) for row in [header, *table]) for i in range(len(header))]
    lines = ["  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
             for row in [header, *table]]
    return "\n".join(["", model["model"], *lines])


def bars(axes, models, key, names):
    """Draws one figure: models side by side, a colour for each runtime, the spread as a line."""
    label, unit, scale = described(key)
    models = [m for m in models if any(key in f for f in m["figures"].values())]
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        found = [(x, f[key]) for x, m in enumerate(models) for n, f in m["figures"].items() if family(n) == name and key in f]
        middle = [b["median"] / scale for _, b in found]
        errors = [[(b["median"] - b["min"]) / scale for _, b in found], [(b["max"] - b["median"]) / scale for _, b in found]]
        drawn = axes.bar([x + (i - (len(names) - 1) / 2) * width for x, _ in found], middle, width * 0.92,
                         yerr=errors, error_kw={"capsize": 2, "linewidth": 0.8}, label=name, color=f"C{i}")
        axes.bar_label(drawn, fmt="%.3g", padding=2, fontsize=7)
    axes.set_xticks(range(len(models)), [m["model"] for m in models])
    axes.set_title(label, loc="left")
    axes.set_ylabel(unit)
    axes.margins(y=0.15)
    return models


def family(name):
    """The name of a runtime without what it runs in place of the model."""
    return re.sub(r" (Q4_0|stand-in)$", "", name)


def families(models):
    return list(dict.fromkeys(family(n) for m in models for n in m["figures"]))


def svg(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    plt.close(figure)
    return out.getvalue()


def plot(document, key):
    """Bars of one figure, as a part of a page."""
    models = [m for m in document["models"] if any(key in f for f in m["figures"].values())]
    figure, axes = plt.subplots(figsize=(2.5 + 1.6 * len(models), 2.8), layout="constrained")
    bars(axes, models, key, families(models))
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    drawn = svg(figure)
    return drawn[drawn.index("<svg"):]


def goal(model, key):
    """How many times as fast as llama.cpp this project wants to be."""
    if key.startswith("prefill"):
        return 1.0
    return 1.3 if re.search(r"Q4_0|Q8_0", model["model"]) else 1.2


def chart(models, figure_keys):
    """Bars of some figures below each other, with the goals as lines, as a file of its own."""
    names = families(models)
    figure, rows_ = plt.subplots(len(figure_keys), figsize=(1.5 + 1.3 * len(models), 2.6 * len(figure_keys)), layout="constrained", squeeze=False)
    for key, axes in zip(figure_keys, rows_[:, 0]):
        for x, m in enumerate(bars(axes, models, key, names)):
            peer = next((f for n, f in m["figures"].items() if family(n) == "llama.cpp" and key in f), None)
            if peer and not key.startswith("rss"):
                axes.hlines(goal(m, key) * peer[key]["median"], x - 0.42, x + 0.42, colors="0.3", linestyles=":",
                            label="goal" if x == 0 else None)
    rows_[0, 0].legend(frameon=False, fontsize=8, ncols=len(names) + 1, loc="lower right", bbox_to_anchor=(1, 1))
    return svg(figure)


def page(document):
    """The whole page."""
    machine = document["machine"]
    escape = html.escape
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>djl-quant and its peers</title><style>"
        "body{font:15px/1.45 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}"
        "table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}"
        "td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:right}"
        "td:first-child,th:first-child{text-align:left}code{font-size:13px}svg{max-width:100%;height:auto}"
        "</style></head><body><h1>djl-quant and its peers</h1>",
        f"<p>{escape(document['time'])}, {escape(machine['cpu'])} ({escape(', '.join(machine['flags']))}), "
        f"{machine['processors']} processors, {machine['memory_bytes'] / 2**30:.0f} GiB, {escape(machine['system'])}; "
        f"load average before {machine['load_before']:.1f}; {document['threads']} threads, {document['rounds']} rounds in turns. "
        "Medians, with the least and the greatest of the rounds in brackets; a ratio is one of the same round.</p>",
        f"<p><code>{escape(document['command'])}</code></p>",
        *(f"<p>Left out: {escape(peer)}, {escape(reason)}</p>" for peer, reason in document["left_out"].items()),
    ]
    plotted = dict.fromkeys(k for m in document["models"] for k in keys(m) if re.fullmatch(PLOTS, k))
    parts += [plot(document, key) for key in plotted]
    for model in document["models"]:
        header, table = rows(model)
        parts.append(f"<h2>{escape(model['model'])}</h2><table><tr>" + "".join(f"<th>{escape(c)}</th>" for c in header) + "</tr>")
        parts += ["<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in table]
        parts.append("</table><p>" + "; ".join(
            f"{escape(name)}: {escape(str(rounds[0]['kernels']))}" for name, rounds in model["runs"].items()) + "</p>")
        parts += [f"<p>{escape(name)} failed:</p><pre>{escape(error)}</pre>" for name, error in model["failures"].items()]
    return "\n".join(parts) + "</body></html>\n"


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    models = []
    for file in sys.argv[3:]:
        with open(file) as f:
            models += json.load(f)["models"]
    with open(sys.argv[1], "w") as f:
        f.write(chart(models, sys.argv[2].split(",")))


if __name__ == "__main__":
    main()
