# SPDX-License-Identifier: Apache-2.0
"""Does the OpenCL loader of this machine load layers (OPENCL_LAYERS)? NVIDIA's own does not."""

import os
import subprocess


def loaded(cardwise, layer):
    """Whether the lying layer changes what the program sees of a PoCL card."""
    lie = {"POCL_DEVICES": "basic", "OPENCL_LAYERS": layer, "CARDWISE_LYING_OPENCL": "kind=same-identity"}
    shown = subprocess.run(
        [cardwise, "devices", "--type", "gpu"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **lie},
    )
    return "test double" in shown.stdout
