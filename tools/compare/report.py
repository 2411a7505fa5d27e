# SPDX-License-Identifier: Apache-2.0
"""The measured meters as a table for people and as a plot.

usage (for the plot alone): report.py comparison.json comparison.svg
"""

import json
import sys

MEGA = 1e6
MEBI = 1 << 20


def ranked(results):
    """By packets a CPU second; what failed or miscounted goes last, with its reason."""
    return sorted(results, key=lambda result: (bool(result["error"]),
                                               -(result["packets_per_cpu_second"] or 0)))


def rate_of(results, name):
    """Packets a CPU second, None unless this meter's counts were right."""
    for result in results:
        if result["name"] == name and not result["error"]:
            return result["packets_per_cpu_second"]
    return None


def table(results, mimir_name):
    """Lines; a ratio is how many times as many packets mimir counts in a CPU second."""
    own_rate = rate_of(results, mimir_name)
    lines = [f"{'meter':<16} {'version':<8} {'packets/CPU s':>14} {'min to max':>16} "
             f"{'mimir is':>9} {'wall s':>7} {'peak MiB':>9} {'packets':>9} {'flows':>7}"
             f"  {'a flow is':<9}  writes"]
    for result in ranked(results):
        if result["error"]:
            lines.append(f"{result['name']:<16} {result['version'] or '-':<8} "
                         f"failed: {result['error']}")
            continue
        rates = [result[key] / MEGA for key in
                 ("packets_per_cpu_second", "rate_min", "rate_max")]
        ratio = f"{own_rate / result['packets_per_cpu_second']:.1f} x" if own_rate else "-"
        flows = "-" if result["flows"] is None else str(result["flows"])
        lines.append(
            f"{result['name']:<16} {result['version']:<8} {rates[0]:>12.3f} M "
            f"{f'{rates[1]:.3f} to {rates[2]:.3f}':>16} {ratio:>9} "
            f"{result['wall_seconds']:>7.2f} {result['peak_bytes'] / MEBI:>9.0f} "
            f"{result['packets']:>9} {flows:>7}  {result['flow_is']:<9}  {result['writes']}")
    return lines


def plot(results, path, title):
    """Two columns of bars, logarithmic: speed and memory."""
    import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "compare_flow_meters"
    from matplotlib import pyplot

    shown = [result for result in ranked(results) if not result["error"]]
    names = [f"{result['name']} {result['version']}" for result in shown]
    figure, (speed, memory) = pyplot.subplots(1, 2, sharey=True,
                                              figsize=(11, 1.6 + 0.42 * len(shown)))
    rates = [result["packets_per_cpu_second"] / MEGA for result in shown]
    spread = [[rate - result["rate_min"] / MEGA for rate, result in zip(rates, shown)],
              [result["rate_max"] / MEGA - rate for rate, result in zip(rates, shown)]]
    colours = ["#c44e52" if result["is_mimir"] else
               "#aaaaaa" if result["flows"] is None else "#4c72b0" for result in shown]
    bars = speed.barh(names, rates, xerr=spread, color=colours, ecolor="#333333", capsize=3)
    speed.bar_label(bars, [f"{rate:.3g} M" for rate in rates], padding=6)
    speed.set_xscale("log")
    speed.set_xlim(min(rates) / 2, max(rates) * 4)
    speed.set_xlabel("packets a CPU second, millions (median; bars: least and most)")

    own = [max(result["peak_bytes"] - result["mapped_bytes"], MEBI) / MEBI for result in shown]
    peaks = [result["peak_bytes"] / MEBI for result in shown]
    memory.barh(names, peaks, color="white", edgecolor=colours, hatch="////")
    memory.barh(names, own, color=colours)
    for row, (whole, part) in enumerate(zip(peaks, own)):
        label = f"{whole:.0f}" if whole - part < 1 else f"{whole:.0f}, {part:.0f} own"
        memory.annotate(label, (whole, row), (6, 0), textcoords="offset points", va="center")
    memory.set_xscale("log")
    memory.set_xlim(min(own) / 2, max(peaks) * 8)
    memory.set_xlabel("peak memory, MiB (hatched: pages of the capture itself)")
    speed.invert_yaxis()
    for axes in (speed, memory):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        comparison = json.load(file)
    packets = comparison["capture"]["packets"] / MEGA
    plot(comparison["meters"], sys.argv[2],
         f"Flow meters on one capture of {packets:.3g} million packets")


if __name__ == "__main__":
    main()
