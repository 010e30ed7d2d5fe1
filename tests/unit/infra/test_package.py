"""Which wheels run on Lambda, and on which Python a stage is made."""

import pytest
from packaging.tags import cpython_tags
from packaging.utils import parse_wheel_filename

from infra.chalice_config import stages
from infra.errors import Stopped
from infra.package import check_python, platforms, python


def fits(wheel: str, pinned: str, arch: str) -> bool:
    """Whether an installer that is given these platforms takes the wheel."""
    version = tuple(int(part) for part in pinned.split("."))
    return bool(parse_wheel_filename(wheel)[3] & set(cpython_tags(version, platforms=platforms(pinned, arch))))


# Amazon Linux 2 has glibc 2.26, Amazon Linux 2023 has 2.34.
@pytest.mark.parametrize(
    ("pinned", "arch", "tag", "runs"),
    [
        ("3.11", "x86_64", "manylinux_2_26_x86_64", True),
        ("3.11", "x86_64", "manylinux_2_27_x86_64", False),
        ("3.11", "x86_64", "manylinux_2_28_x86_64", False),
        ("3.11", "x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("3.11", "x86_64", "manylinux2014_x86_64", True),
        ("3.11", "x86_64", "manylinux2010_x86_64", True),
        ("3.11", "x86_64", "manylinux1_x86_64", True),
        ("3.11", "x86_64", "manylinux_2_17_aarch64", False),
        ("3.11", "x86_64", "musllinux_1_2_x86_64", False),
        ("3.11", "x86_64", "macosx_11_0_arm64", False),
        ("3.11", "arm64", "manylinux_2_26_aarch64", True),
        ("3.11", "arm64", "manylinux_2_28_aarch64", False),
        ("3.11", "arm64", "manylinux2014_aarch64", True),
        ("3.11", "arm64", "manylinux_2_17_x86_64", False),
        ("3.12", "x86_64", "manylinux_2_28_x86_64", True),
        ("3.12", "x86_64", "manylinux_2_34_x86_64", True),
        ("3.12", "x86_64", "manylinux_2_35_x86_64", False),
        ("3.13", "arm64", "manylinux_2_34_aarch64", True),
        ("3.13", "arm64", "manylinux_2_39_aarch64", False),
    ],
)
def test_a_wheel_must_run_with_the_glibc_of_its_runtime(pinned: str, arch: str, tag: str, runs: bool) -> None:
    digits = pinned.replace(".", "")
    assert fits(f"jiter-0.1-cp{digits}-cp{digits}-{tag}.whl", pinned, arch) == runs


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
def test_the_newest_glibc_comes_first_and_none_twice(arch: str) -> None:
    tags = [tag.rsplit("_", 1 if arch == "arm64" else 2)[0] for tag in platforms("3.11", arch)]
    minors = [int(tag.removeprefix("manylinux_2_")) for tag in tags if tag.startswith("manylinux_2_")]
    assert minors[0] == 26
    assert minors == sorted(set(minors), reverse=True)
    assert len(tags) == len(set(tags))


def test_wheels_of_another_python_do_not_fit() -> None:
    assert fits("jiter-0.1-cp311-cp311-manylinux2014_x86_64.whl", "3.11", "x86_64")
    assert not fits("jiter-0.1-cp312-cp312-manylinux2014_x86_64.whl", "3.11", "x86_64")


@pytest.mark.parametrize("running", [(3, 10), (3, 12), (3, 13)])
def test_another_python_than_the_pinned_one_is_refused(running: tuple[int, int]) -> None:
    with pytest.raises(Stopped) as refused:
        check_python("3.11", running)
    said = f"The stage runs on Python 3.11, and this is {running[0]}.{running[1]}: run `make clean`"
    assert str(refused.value).startswith(said)
    assert "make setup PYTHON=python3.11" in str(refused.value)


def test_the_pinned_python_passes() -> None:
    check_python("3.11", (3, 11))
    check_python("3.13", (3, 13))


@pytest.mark.parametrize("pinned", ["3.9", "3.14", "3", "3.11.4", ""])
def test_a_python_whose_glibc_is_not_known_is_refused_whoever_runs_it(pinned: str) -> None:
    with pytest.raises(Stopped, match=r"python in .chalice/config.json must be one of 3.11, 3.12, 3.13; it is"):
        check_python(pinned, (3, 11))


@pytest.mark.parametrize("stage", stages())
def test_every_stage_pins_a_python_that_is_known(stage: str) -> None:
    major, minor = python(stage).split(".")
    check_python(python(stage), (int(major), int(minor)))
