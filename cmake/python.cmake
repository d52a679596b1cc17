# SPDX-License-Identifier: Apache-2.0
# The interpreter of scripts/setup.sh's virtual environment, which has what the tests need; else any.
find_program(CARDWISE_PYTHON NAMES python3 HINTS ${CMAKE_SOURCE_DIR}/build/venv/bin NO_DEFAULT_PATH)
find_program(CARDWISE_PYTHON NAMES python3)
