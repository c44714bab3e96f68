"""``python -m tencent_dts.emulator serve``."""

import sys

from tencent_dts.emulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
