# SPDX-License-Identifier: Apache-2.0
"""How is a result file read safely? Hard links only, columns asked for, every fault named."""

import os
import stat
from collections.abc import Iterable
from contextlib import contextmanager

import h5py
import numpy as np

from cardwise_report import schema

# No column of a run comes near this; a damaged file can claim any size.
_MAX_BYTES = 2 << 30
_DEFLATE_RATIO = 1100  # deflate cannot do better, so a larger claim is a lie
_ALWAYS_BYTES = 16 << 20


class InputError(Exception):
    """What is wrong with an input file, in words for its user: exit code 2."""


class Missing(InputError):
    """An object that is not there, as opposed to one that is there and wrong."""


@contextmanager
def named(where: str):
    """Turns whatever h5py and numpy throw at a damaged object into an InputError that names it."""
    try:
        yield
    except (InputError, AttributeError, NameError):  # the latter two are mistakes of this program
        raise
    except MemoryError:
        raise InputError(f"{where}: claims more data than fits in memory") from None
    except Exception as error:  # h5py throws at least seven types here
        text = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{where}: cannot be read: {text}") from None


def decode(value: object) -> str:
    """Text of a string from the file; bytes that are no UTF-8 become \\xNN."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return bytes(value).decode("utf-8", "backslashreplace")


def type_code(dtype: np.dtype) -> str:
    """'str', or kind and bytes as in 'i8'; 'fixed' and 'ascii' are strings the schema forbids."""
    text = h5py.check_string_dtype(dtype)
    if text is not None:
        if text.length is not None:
            return "fixed"
        return "str" if text.encoding == "utf-8" else "ascii"
    return f"{dtype.kind}{dtype.itemsize}"


def refusal(dataset: h5py.Dataset, file_bytes: int) -> str | None:
    """Why this dataset must not be read (data elsewhere, foreign code, absurd size), or None."""
    plist = dataset.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.VIRTUAL:
        return "is a virtual dataset (its data lie in other files, which are not opened)"
    if plist.get_external_count() > 0:
        return "has external storage (its data lie in other files, which are not opened)"
    for i in range(plist.get_nfilters()):
        if plist.get_filter(i)[0] not in schema.FILTERS:
            return f"uses HDF5 filter {plist.get_filter(i)[0]}, which the schema does not know"
    claimed = dataset.size * dataset.dtype.itemsize if dataset.shape is not None else 0
    if claimed > min(_MAX_BYTES, max(_ALWAYS_BYTES, _DEFLATE_RATIO * file_bytes)):
        return f"claims {claimed} bytes in a file of {file_bytes}"
    return None


def link_problem(group: h5py.Group, name: str) -> str | None:
    """Why this name must not be opened: it is a link of another kind than hard; or None."""
    kind = group.id.links.get_info(name.encode("utf-8", "surrogateescape")).type
    if kind == h5py.h5l.TYPE_HARD:
        return None
    words = {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "an external link"}
    return f"is {words.get(kind, 'a user-defined link')}, which is not followed"


class RunFile:
    """An open result file. Its schema name and major version are known when it exists."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._groups: dict[str, h5py.Group] = (
            {}
        )  # opened once: walking a path costs more than reading
        self.bytes = _regular_file_size(path)
        if self.bytes == 0:
            raise InputError("is an empty file")
        with named("this file"):
            if not h5py.is_hdf5(path):
                raise InputError("is not an HDF5 file")
        try:
            self.file = h5py.File(path, "r", locking=False)
        except Exception as error:
            text = " ".join(str(error).split())
            raise InputError(f"cannot be opened, it is damaged or cut off: {text}") from None
        try:
            self._check_schema()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "RunFile":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; a damaged one may fail at that, which changes nothing for the reader."""
        self._groups.clear()
        try:
            self.file.close()
        except Exception:
            pass

    def _check_schema(self) -> None:
        try:
            name = self.attribute("/", "schema_name", "str")
        except Missing:
            raise InputError("is HDF5, but not a result of cardwise (no schema_name)") from None
        if name != schema.SCHEMA_NAME:
            raise InputError(f"is HDF5, but not a result of cardwise (schema_name = {name:.60})")
        self.schema_version = str(self.attribute("/", "schema_version", "str"))
        major = self.schema_version.partition(".")[0]
        if not (major.isascii() and major.isdigit() and len(major) < 6):
            raise InputError(f"/@schema_version: {self.schema_version:.60} is no version")
        if int(major) > schema.KNOWN_MAJOR:
            raise InputError(
                f"has schema {self.schema_version:.60}, newer than this program knows "
                f"({schema.VERSION}): install a newer cardwise-report"
            )
        if int(major) < 1:
            raise InputError(f"/@schema_version: {self.schema_version:.60} was never published")

    def names(self, path: str) -> list[str]:
        """Names in a group, in order."""
        group = self.group(path)
        with named(path):
            return [decode(name) for name in group.id]

    def link_problem(self, path: str) -> str | None:
        """Why a name of a group must not be opened, or None."""
        parent, _, name = path.rpartition("/")
        group = self.group(parent)
        with named(path):
            return link_problem(group, name)

    def _node(self, path: str):
        parent, _, name = path.rstrip("/").rpartition("/")
        if not name:
            return self.file["/"]
        group = self._group(parent)
        with named(path):
            if not group.id.links.exists(name.encode("utf-8", "surrogateescape")):
                raise Missing(f"{path}: is missing")
            problem = link_problem(group, name)
            if problem:
                raise InputError(f"{path}: {problem}")
            return group[name]

    def _group(self, path: str) -> h5py.Group:
        path = path.rstrip("/")
        if path not in self._groups:
            node = self._node(path)
            if not isinstance(node, h5py.Group):
                raise InputError(f"{path}: is no group")
            self._groups[path] = node
        return self._groups[path]

    def has(self, path: str) -> bool:
        """False if there is no such name; what is wrong with one that is, reading it will say."""
        try:
            self._node(path)
        except Missing:
            return False
        except InputError:
            pass
        return True

    def group(self, path: str) -> h5py.Group:
        """The group at a path, or InputError."""
        with named(path):
            return self._group(path)

    def dataset(self, path: str) -> h5py.Dataset:
        """The dataset at a path, safe to read, or InputError."""
        with named(path):
            node = self._node(path)
            if not isinstance(node, h5py.Dataset):
                raise InputError(f"{path}: is no dataset")
            problem = refusal(node, self.bytes)
            if problem:
                raise InputError(f"{path}: {problem}")
            return node

    def read(self, path: str, dtype: str, shape: tuple[int | None, ...] | None = None):
        """Array at a path (strings as objects); dtype as in the schema, None = any length."""
        return self.read_dataset(self.dataset(path), path, dtype, shape)

    def read_dataset(self, dataset: h5py.Dataset, path: str, dtype: str, shape=None) -> np.ndarray:
        """As `read`, of a dataset that `dataset(path)` gave."""
        with named(path):
            code = type_code(dataset.dtype)
            text = code in ("str", "fixed", "ascii")
            if ("str" if text else code) not in dtype.split("|"):
                raise InputError(f"{path}: has dtype {code}, not {dtype}")
            got = dataset.shape
            if got is None:
                raise InputError(f"{path}: has no shape (a null dataspace)")
            if shape is not None and (
                len(got) != len(shape) or any(w not in (None, g) for g, w in zip(got, shape))
            ):
                raise InputError(f"{path}: has shape {_shape(got)}, not {_shape(shape)}")
            values = dataset[()]
            if not text:
                return np.asarray(values)
            if got == ():
                return np.array(decode(values), dtype=object)
            flat = [decode(v) for v in np.asarray(values, dtype=object).ravel()]
            out = np.empty(len(flat), dtype=object)
            out[:] = flat
            return out.reshape(got)

    def attribute(self, path: str, name: str, dtype: str) -> str | int | float:
        """Scalar attribute of a group; InputError if missing or of another type."""
        where = f"{path}@{name}"
        node = self.group(path)
        with named(where):
            if name not in node.attrs:
                raise Missing(f"{where}: attribute is missing")
            code, value = attribute_value(node, name, where)
            text = code in ("str", "fixed", "ascii")
            if ("str" if text else code) not in dtype.split("|") or isinstance(value, np.ndarray):
                raise InputError(f"{where}: attribute has type {code}, not a single {dtype}")
            return value

    def table(self, name: str, columns: Iterable[str], required: Iterable[str] = ()) -> dict:
        """Columns of a table by name; what the file lacks is unknown ("", -1, NaN) or an error."""
        group = schema.TABLES[name]
        scale = group.scales[0]
        count = len(self.read(f"/{name}/{scale}", "i4", (None,)))
        out = {scale: self.read(f"/{name}/{scale}", "i4", (count,))}
        for column in columns:
            dtype = group.columns[column].dtype
            path = f"/{name}/{column}"
            if column not in required and not self.has(path):
                unknown = "" if "str" in dtype else np.nan if "f8" in dtype else -1
                out[column] = np.array([unknown] * count, dtype=object if unknown == "" else None)
            else:
                out[column] = self.read(path, dtype, (count,))
        return out

    def frame(self, name: str):
        """A whole table as pandas DataFrame, for notebooks."""
        import pandas

        return pandas.DataFrame(self.table(name, schema.TABLES[name].columns))


def attribute_value(node, name: str, where: str) -> tuple[str, object]:
    """Type code and value of an attribute: str, int, float or an array; nothing huge."""
    attribute = node.attrs.get_id(name)
    code = type_code(attribute.dtype)
    if attribute.shape is None or int(np.prod(attribute.shape, dtype=float)) > 65536:
        raise InputError(f"{where}: attribute has no usable shape")
    if code not in ("str", "fixed", "ascii") and code[0] not in "iuf":
        return code, np.empty(0)
    value = node.attrs[name]
    if attribute.shape == ():
        if code in ("str", "fixed", "ascii"):
            return code, decode(value)
        return code, value.item() if hasattr(value, "item") else value
    return code, np.asarray(value)


def _regular_file_size(path: str) -> int:
    try:
        info = os.stat(path)
    except FileNotFoundError:
        raise InputError("does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}") from None
    if stat.S_ISDIR(info.st_mode):
        raise InputError("is a directory, not a result file")
    if not stat.S_ISREG(info.st_mode):
        raise InputError("is no regular file")
    if not os.access(path, os.R_OK):
        raise InputError("cannot be read: permission denied")
    return info.st_size


def _shape(shape: tuple) -> str:
    return "[" + ", ".join("any" if n is None else str(n) for n in shape) + "]"
