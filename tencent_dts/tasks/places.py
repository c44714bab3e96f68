"""Where a task looks that looks at every job of a deployment: the regions and kinds that it was given.

API document: none; the regions are those of the API.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tencent_dts.api.client import ClientSettings
from tencent_dts.errors import InvalidInput
from tencent_dts.kinds.form_parts import REGION
from tencent_dts.kinds.registry import BY_NAME

Names = Sequence[str] | str | None


def names_in(given: Names) -> list[str]:
    """Names given as a list, or as a text that was rendered from a template.

    :param given: separated by commas or spaces where it is a text.
    """
    every = re.split(r"[,\s]+", given) if isinstance(given, str) else given or ()
    return list(dict.fromkeys(name for name in every if name))


def places(regions: Names, kinds: Names, account: ClientSettings) -> tuple[list[str], list[str]]:
    """The regions and the kinds to look at: those given, else the task's own region, and all kinds.

    :raises InvalidInput: one is none.
    """
    where, what = names_in(regions) or [account.region], names_in(kinds) or list(BY_NAME)
    for name, given, allowed in (("regions", where, REGION), ("kinds", what, "|".join(BY_NAME))):
        if wrong := [each for each in given if not re.fullmatch(allowed, each)]:
            raise InvalidInput(name, f"allowed: {allowed}", wrong[0])
    return where, what
