import pytest

from react_tad.evaluation.folds import check_fold


@pytest.mark.parametrize("about", [{}, {"fold": 1}, {"fold": 30}, {"fold": "all"}])
def test_a_number_from_1_or_all(about):
    check_fold(about, "m.json")


@pytest.mark.parametrize("fold", [0, -1, 1.5, True, "two", "1", None, []])
def test_anything_else_is_none(fold):
    with pytest.raises(ValueError, match=r"m\.json: fold = .* should be a number from 1, or 'all'"):
        check_fold({"fold": fold}, "m.json")
