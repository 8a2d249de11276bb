"""Reading and writing the packaged tables: small, typed, the same bytes every time they are built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aft_sim.basis.errors import InputError

FOLDER = Path(__file__).parent / "tables"
ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 (NHS England, MHCLG, OHID); "
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0; "
    "contains OS data (c) Crown copyright."
)


def write(folder: Path, name: str, columns: Mapping[str, Any]) -> None:
    """Write one table; columns are arrays or sequences of one length."""
    table = pa.table({key: pa.array(value) for key, value in columns.items()})
    floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    others = [f.name for f in table.schema if not pa.types.is_floating(f.type)]
    with pq.ParquetWriter(
        folder / f"{name}.parquet",
        table.schema,
        compression="zstd",
        compression_level=19,
        use_dictionary=others,
        use_byte_stream_split=floats,
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"licence": ATTRIBUTION})


def read(folder: Path, name: str) -> dict[str, Any]:
    """Read one table as columns: numpy arrays for numbers, lists for text (None where missing)."""
    path = folder / f"{name}.parquet"
    try:
        with pq.ParquetFile(path) as file:  # `read_table` would import pandas
            table = file.read(use_threads=False)  # small tables: threads would take memory of their own
    except FileNotFoundError:
        raise InputError(
            "a table of the baseline is missing",
            where=str(path),
            expected="a folder written by `aft-sim baseline build`",
        ) from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("a table of the baseline cannot be read", where=str(path), found=str(error)) from None
    out: dict[str, Any] = {}
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            out[field.name] = column.to_pylist()
        else:
            out[field.name] = _numbers(column)
    return out


def _numbers(column: pa.ChunkedArray) -> Any:
    """A column of numbers or flags as an array; Arrow's own way would import pandas, which takes longest."""
    if pa.types.is_boolean(column.type):
        return np.array(column.to_pylist(), dtype=bool)
    if column.null_count:
        return np.array([np.nan if v is None else v for v in column.to_pylist()])
    return np.array(np.from_dlpack(column.combine_chunks()))


def write_json(folder: Path, name: str, content: Mapping[str, Any]) -> None:
    """Write one JSON file with sorted keys."""
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Read one JSON file.

    Raises:
        InputError: the file is missing or broken.
    """
    path = folder / f"{name}.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("a file of the baseline is missing", where=str(path)) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("a file of the baseline cannot be read", where=str(path), found=str(error)) from None
    return content


def float32(values: Any) -> Any:
    """Numbers in single precision, for tables where seven digits are plenty."""
    return np.asarray(values, dtype=np.float32)
