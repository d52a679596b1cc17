# SPDX-License-Identifier: Apache-2.0
"""What does a cardwise result file say? Reading, statistics and the commands of cardwise-report."""

__version__ = "0.1.0"
