import pytest
from typing_extensions import TypedDict

from react_tad.params.section import ParameterError, checked, data_set_of, parse_object


class Entry(TypedDict):
    name: str
    times: list[float]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([{"name": "a", "times": [1, "2"]}], "f: 0 / times / 1 = '2': "),
        ([{"name": "a", "times": [True]}], "f: 0 / times / 0 = True: "),
        ([{"name": "a"}], "f: 0 / times: Field required"),
        ([{"name": 5, "times": None}], r"f: 0 / name = 5: .* \(and 1 more faults\)"),
        ({"a": 1}, "f: it = {'a': 1}: "),
    ],
)
def test_a_document_of_another_kind_is_named(document, message):
    with pytest.raises(ValueError, match=message):
        checked(list[Entry], document, "f")


def test_nothing_is_converted():
    document = [{"name": "a", "times": [1, 2.5]}]
    assert checked(list[Entry], document, "f") == document


def test_objects_of_json():
    assert parse_object('{"a": 1}', "--cfg") == {"a": 1}
    with pytest.raises(ParameterError, match=r"--cfg \[\]: should be an object"):
        parse_object("[]", "--cfg")
    assert data_set_of('{"dataset": "toy"}') == ("toy", {})
    assert data_set_of('{"dataset": "toy", "options": {"a": 1}}') == ("toy", {"a": 1})
