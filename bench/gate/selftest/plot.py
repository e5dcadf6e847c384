"""The picture of a self-test: how much of each slowdown is caught, and how often nothing is."""

from collections.abc import Sequence
from itertools import cycle

from bench.drawing import Artist, Axes, FuncFormatter, Line2D
from bench.gate.result import Verdict
from bench.gate.selftest.summary import (
    NO_EFFECT,
    ConditionSummary,
    EffectSummary,
    SelftestSummary,
    Share,
)
from bench.gate.selftest.text import CONDITION_NAMES, effect_name
from bench.plot_style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Margins,
    drawable,
    panels,
    put_caption,
    put_legend,
    put_title,
    rendered,
    settings,
)

_PANEL_IN = 4.4
_AXES_IN = 3.3
_GATE = "sealbench gate"
_FLAG_LOOKS = ((VERMILION, "s"), (ORANGE, "^"), (PURPLE, "D"), (GREEN, "v"), (SKY, "P"))


def draw_selftest(summary: SelftestSummary, subtitle: str) -> tuple[bytes, bytes]:
    """Return the picture as PNG and SVG: a panel per condition, shares over injected slowdowns.

    `subtitle` names the machine and the time. Raises ValueError where nothing was compared.
    """
    if not summary.conditions:
        raise ValueError("a self-test without comparisons has no picture")
    effects = sorted({each.effect for found in summary.conditions for each in found.effects})
    flags = _flags(summary.conditions)
    looks = dict(zip(flags, cycle(_FLAG_LOOKS), strict=False))
    columns = 3 * len(summary.conditions)
    legend_rows = -(-(1 + len(flags)) // columns)
    margins = Margins(left=0.8, right=0.25, top=1.1 + 0.22 * legend_rows, bottom=1.1)
    with settings():
        figure, axes = panels(
            margins.left + len(summary.conditions) * _PANEL_IN + margins.right,
            _AXES_IN + margins.top + margins.bottom,
            margins,
            len(summary.conditions),
        )
        put_title(figure, "What the gate catches, and what it makes up", subtitle)
        for each, found in zip(axes, summary.conditions, strict=True):
            for flag, (colour, marker) in looks.items():
                _draw_flag(each, found, effects, flag, colour=colour, marker=marker)
            _draw_gate(each, found, effects)
            _dress(each, found, effects)
        axes[0].set_ylabel("comparisons that fail")
        handles = [_gate_handle(), *(_handle(flag, *look) for flag, look in looks.items())]
        put_legend(figure, handles, columns=columns)
        put_caption(
            figure,
            "Without a slowdown each failure is a false alarm. Bars: exact 95 % bounds."
            " Thin: pytest-benchmark's comparison flags, on blocks of the same trials.",
        )
        return rendered(figure)


def _flags(conditions: Sequence[ConditionSummary]) -> list[str]:
    return list(
        dict.fromkeys(
            flag for found in conditions for each in found.effects for flag in each.contrast
        )
    )


def _draw_gate(axes: Axes, found: ConditionSummary, effects: Sequence[float]) -> None:
    shares = [each.verdicts[Verdict.REGRESSION] for each in found.effects]
    axes.errorbar(
        _places(found.effects, effects),
        [_percent(share) for share in shares],
        yerr=[
            [100 * max(0.0, share.share.value - share.share.low) for share in shares],
            [100 * max(0.0, share.share.high - share.share.value) for share in shares],
        ],
        color=BLUE,
        marker="o",
        markersize=6.5,
        linewidth=2.2,
        elinewidth=1.4,
        capsize=3,
        zorder=4,
        # A point at 0 or 100 % is drawn whole.
        clip_on=False,
    )


def _draw_flag(
    axes: Axes,
    found: ConditionSummary,
    effects: Sequence[float],
    flag: str,
    *,
    colour: str,
    marker: str,
) -> None:
    known = [each for each in found.effects if flag in each.contrast]
    axes.plot(
        _places(known, effects),
        [_percent(each.contrast[flag]) for each in known],
        color=colour,
        marker=marker,
        markersize=4,
        linewidth=0.9,
        zorder=3,
        clip_on=False,
    )


def _dress(axes: Axes, found: ConditionSummary, effects: Sequence[float]) -> None:
    axes.set_title(_title(found), loc="left", fontweight="bold", color=INK, pad=10)
    # Evenly spaced: what matters happens between none and 3 %.
    axes.set_xticks(range(len(effects)), [effect_name(effect) for effect in effects])
    axes.set_xlim(-0.4, len(effects) - 0.6)
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} %"))
    axes.set_xlabel("injected slowdown")


def _title(found: ConditionSummary) -> str:
    """Return the condition, with the false alarms: near 0 % a count says more than a point."""
    name = CONDITION_NAMES[found.condition]
    unchanged = [each for each in found.effects if each.effect == NO_EFFECT]
    if not unchanged:
        return name
    alarms = unchanged[0].verdicts[Verdict.REGRESSION]
    return f"{name}: {alarms.count:,} false alarms in {alarms.trials:,}"


def _places(known: Sequence[EffectSummary], effects: Sequence[float]) -> list[int]:
    return [effects.index(each.effect) for each in known]


def _percent(share: Share) -> float:
    return 100 * share.share.value


def _gate_handle() -> Artist:
    return Line2D([], [], color=BLUE, marker="o", markersize=6.5, linewidth=2.2, label=_GATE)


def _handle(flag: str, colour: str, marker: str) -> Artist:
    return Line2D(
        [], [], color=colour, marker=marker, markersize=4, linewidth=0.9, label=drawable(flag)
    )
