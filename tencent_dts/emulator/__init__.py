"""A DTS to run against when there is no cloud: a real HTTP server for the official SDKs."""

from tencent_dts.emulator.kernel import ApiError
from tencent_dts.emulator.library import Emulator, EmulatorBroken
from tencent_dts.emulator.signatures import Key

__all__ = ["ApiError", "Emulator", "EmulatorBroken", "Key"]
