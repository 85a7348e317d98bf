from __future__ import annotations

import pytest

from benchmarks.__main__ import NAMES, main


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_that_is_named_helps(name: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match=r"^0$"):
        main([name, "--help"])

    assert f"python -m benchmarks {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["streams"], ["--help"]])
def test_what_is_no_benchmark_is_answered_by_their_names(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2

    assert "one of: bound, earn, end_to_end, quality" in capsys.readouterr().err
