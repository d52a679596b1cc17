# SPDX-License-Identifier: Apache-2.0
"""Starts the real program, alone or under mpirun, and reads what it left behind."""

import dataclasses
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess

import h5py

CARDWISE = os.environ.get("CARDWISE_EXE", "cardwise")
MPIRUN = os.environ.get("CARDWISE_MPIRUN", "mpirun")
TIMEOUT_S = 420

#: Set anew for every run, so that the tests do not depend on who starts them.
FRESH = ("CARDWISE_FAULT", "CARDWISE_CUDA_LIBRARY", "CARDWISE_NVRTC_LIBRARY", "CARDWISE_CUDA_DOUBLE",
         "CARDWISE_CUDA_DOUBLE_DEVICES", "CARDWISE_CUDA_DOUBLE_LOADS", "CUDA_VISIBLE_DEVICES",
         "POCL_DEVICES", "CARDWISE_SYSTEM", "CARDWISE_FPGA_NODE", "OPENCL_LAYERS")

#: On a machine that has cards these tests are of one that has none: PoCL alone, and no driver. NVIDIA's OpenCL loader
#: does not hear of OCL_ICD_VENDORS, but its runtime of CUDA_VISIBLE_DEVICES.
HIDDEN = {"OCL_ICD_VENDORS": "/etc/OpenCL/vendors/pocl.icd", "CARDWISE_CUDA_LIBRARY": "/none/libcuda.so.1",
          "CARDWISE_NVML_LIBRARY": "/none/libnvidia-ml.so.1", "CUDA_VISIBLE_DEVICES": ""}


@dataclasses.dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"

    def messages(self) -> list[str]:
        """The program's own lines of stderr: mpirun adds a box of its own to any exit code."""
        return [line for line in self.err.splitlines() if line.startswith("cardwise")]


def has_driver() -> bool:
    return any(pathlib.Path("/dev").glob("nvidia*"))


@functools.cache
def loader_hears() -> bool:
    """Whether the OpenCL loader hears of OCL_ICD_VENDORS and OPENCL_LAYERS: NVIDIA's own does not."""
    return "no OpenCL platform" in cardwise("devices", env={"OCL_ICD_VENDORS": "/nonexistent"}).out


def environment(env: dict[str, str] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items()
            if k not in FRESH and not k.startswith(("OMPI_COMM", "PMIX_", "SLURM_"))}
    hidden = dict(HIDDEN) if has_driver() else {}
    if "CARDWISE_CUDA_LIBRARY" in (env or {}):
        hidden.pop("CUDA_VISIBLE_DEVICES", None)  # the double would see it
    # Open MPI 4 maps by NUMA node, and finds no place where a virtual machine tells of none.
    return {**kept, **hidden, "OMPI_MCA_rmaps_base_mapping_policy": "slot", "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_ess_singleton_isolated": "1",
            **(env or {})}


def cardwise(*args, ranks: int = 0, launcher=(), env=None, timeout_s: float = TIMEOUT_S) -> Done:
    """`cardwise ARGS`; with `ranks` under mpirun. Prints command and output for pytest to show.

    A `launcher` that names hosts gives them slots: Open MPI 5 would put all ranks on the first one if it might
    oversubscribe it.
    """
    words = [str(a) for a in args]
    start = [MPIRUN, *(launcher or ["--oversubscribe"]), "-n", str(ranks)] if ranks else []
    command = [*start, CARDWISE, *words]
    given = " ".join(f"{k}={shlex.quote(v)}" for k, v in (env or {}).items())
    print(f"$ {given} {shlex.join(command)}", flush=True)
    ended = subprocess.run(command, env=environment(env), capture_output=True, text=True,
                           errors="replace", timeout=timeout_s, check=False)
    done = Done(ended.returncode, ended.stdout, ended.stderr)
    print(done.all, flush=True)
    return done


def cards(type_: str, env=None) -> list[dict]:
    return json.loads(cardwise("devices", "--json", "--type", type_, env=env).out)["cards"]


def has_platform(name: str) -> bool:
    try:
        return any(c["opencl_platform"] == name for c in cards("gpu,fpga,cpu,emulated"))
    except (ValueError, KeyError):
        return False


def has_cards(type_: str) -> bool:
    try:
        return bool(cards(type_))
    except (ValueError, KeyError):
        return False


@dataclasses.dataclass
class Case:
    key: str
    status: str
    text: str
    attrs: dict
    arrays: dict

    @property
    def name(self) -> str:
        return re.split(r"[?]", self.key)[0]


def _plain(value):
    return value.decode() if isinstance(value, bytes) else value


def read_cases(path: pathlib.Path) -> list[Case]:
    """Every case of a result file, in the order of /index."""
    with h5py.File(path) as file:
        index = {k: v.asstr()[:] if v.dtype.kind == "O" else v[:]
                 for k, v in file["index"].items()}
        cases = []
        for i, key in enumerate(index["case_key"]):
            group = file[index["group_path"][i]] if "group_path" in index else file[f"cases/{i:05}"]
            cases.append(Case(str(key), str(index["status"][i]), str(index["status_text"][i]),
                              {k: _plain(v) for k, v in group.attrs.items()},
                              {k: v[()] for k, v in group.items() if isinstance(v, h5py.Dataset)}))
        return cases


def read_attrs(path: pathlib.Path) -> dict:
    with h5py.File(path) as file:
        return {k: _plain(v) for k, v in file.attrs.items()}


def read_ranks(path: pathlib.Path) -> dict[str, list]:
    with h5py.File(path) as file:
        return {k: (v.asstr()[:] if v.dtype.kind == "O" else v[:]).tolist()
                for k, v in file["ranks"].items()}
