"""A DTS to run against when there is no cloud: a real HTTP server for the official SDKs."""

from tencent_dts.emulator.http.signatures import Key
from tencent_dts.emulator.library import Emulator, EmulatorBroken
from tencent_dts.emulator.world.kernel import ApiError

__all__ = ["ApiError", "Emulator", "EmulatorBroken", "Key"]
