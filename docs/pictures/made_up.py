# SPDX-License-Identifier: Apache-2.0
"""The made-up runs of docs/verdicts.md's pictures: made_up.py FOLDER (numpy, h5py; see make.sh).

512 cards with a slow node, a card behind a slow link, one that is late at times and one with wrong bits; and thirty runs of one
card, of which the cases of mem take 3 % longer from the 25th on.
"""

import datetime
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "report"), str(ROOT / "tests" / "report")]

from make_run import make_run, standard_cases  # noqa: E402
from runs import few_cases  # noqa: E402

CARDS, LINK, LATE, WRONG, NODE = 512, 37, 77, 450, 75  # ranks; NODE is one of 4 cards


def large(path: pathlib.Path) -> None:
    """One run of all cards, which differ by 0.5 % themselves."""
    dice = np.random.default_rng(5)
    spread = np.exp(0.005 * dice.standard_normal(CARDS))
    cases = standard_cases()
    for case in cases:
        factors = spread.copy()
        factors[4 * NODE : 4 * NODE + 4] *= 1.06
        if case.name.startswith("copy/"):
            factors[LINK] *= 1.8
        case.slow = dict(enumerate(factors))

    def edit(file):
        file["ranks/pcie_gen_load"][LINK] = 3
        for name in file["cases"]:
            group = file[f"cases/{name}"]
            group["result_checksum"][WRONG, :] = 5
            late, flags = group["time_ns"][LATE], group["flags"][LATE]
            late[::4] = np.rint(1.1 * late[::4])
            flags[::4] |= 1 << 2  # throttled because of heat
            group["time_ns"][LATE], group["flags"][LATE] = late, flags

    make_run(path, ranks=CARDS, cases=cases, block=8, seed=5, edit=edit)


def history(folder: pathlib.Path) -> None:
    """A run a day; the driver is another from the 25th on."""
    folder.mkdir()
    dice = np.random.default_rng(3)
    for i in range(30):
        factors = {case.name: float(np.exp(0.005 * dice.standard_normal())) for case in few_cases()}
        if i >= 24:
            factors |= {name: 1.03 * f for name, f in factors.items() if name.startswith("mem")}

        def edit(file, i=i):
            if i >= 24:
                file["ranks/driver_version"][...] = "560.1"

        day = datetime.datetime(2026, 1, 1) + datetime.timedelta(days=i)
        root = {"created_utc": f"{day:%Y-%m-%dT%H:%M:%SZ}", "run_id": f"made-up-{i:08d}"}
        make_run(folder / f"{day:%Y%m%dT%H%M%SZ}-{i:08d}.h5", cases=few_cases(factors), seed=i, root=root, edit=edit)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    large(folder / "run.h5")
    history(folder / "runs")


if __name__ == "__main__":
    main()
