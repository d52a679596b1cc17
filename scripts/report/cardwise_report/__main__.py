# SPDX-License-Identifier: Apache-2.0
"""How is the program started without its console script? `python -m cardwise_report`."""

import sys

from cardwise_report.cli import main

if __name__ == "__main__":
    sys.exit(main())
