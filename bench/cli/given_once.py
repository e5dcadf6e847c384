"""A command whose options are given once: a second value would silently replace the first."""

from collections import Counter
from typing import Any

from typer.core import TyperCommand


class GivenOnce(TyperCommand):
    """A command that refuses a second value for an option which takes one."""

    # Any: which module the context's type comes from depends on typer's version.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return what is left of `args`; ends with the option that stands there twice."""
        # The parser takes what it was given apart.
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(order).items():
            single = option.param_type_name == "option" and not option.multiple
            if times > 1 and single and not getattr(option, "is_flag", False):
                ctx.fail(f"{option.opts[0]} is given {times} times; it takes one value")
        return super().parse_args(ctx, args)
