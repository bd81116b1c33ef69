import gzip
import math

import pandas as pd
import pytest

from react_tad.tables import TableError, is_table, number, read_table, write_table

COLUMNS = ("video", "score")
HARD_TEXTS = [
    *("NA", "nan", "None", "null", "True", "1", "01", "1e5", "-", ";"),
    *("a,b", 'say "x"', "two\nlines", "two\r\nlines", "x ", " x"),
]


def table(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, needed=COLUMNS, known=()):
    """Cells of the needed columns."""
    _, rows = read_table(path, needed, known)
    return [tuple(row.text(column) for column in needed) for row in rows]


PLAIN = "video,score\nv,0.5\nw,1\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        gzip.compress(PLAIN.encode(), mtime=0),
        gzip.compress(b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode(), mtime=0),
        PLAIN.strip().encode(),
        b"\n\nvideo,score\n\nv,0.5\n,\n\nw,1\n,\n",
        b"score,video\n0.5,v\n1,w\n",
        b" Video , SCORE\nv, 0.5\nw, 1\n",
        b'"video","score"\n"v","0.5"\nw, "1"\n',
        b"a,video,score,b\n9,v,0.5,9\n9,w,1,9\n",
        b"video,score,\nv,0.5,\nw,1,\n",
    ],
    ids=[
        "plain",
        "CRLF",
        "CR",
        "BOM",
        "gzip",
        "all",
        "no_last_end",
        "empty_rows",
        "order",
        "spaces",
        "quotes",
        "more_columns",
        "last_comma",
    ],
)
def test_the_same_table_in_many_forms(tmp_path, content):
    assert read(table(tmp_path, content)) == [("v", "0.5"), ("w", "1")]


def test_pandas_writes_what_is_read(tmp_path):
    frame = pd.DataFrame({"video": [f"00{index}" for index in range(len(HARD_TEXTS))], "label": HARD_TEXTS})
    frame.to_csv(tmp_path / "t.csv", index=False)
    found = [label for _, label in read(tmp_path / "t.csv", ("video", "label"))]
    assert found == [text.lstrip(" ") for text in HARD_TEXTS], "spaces after a comma do not count"


def test_what_is_written_is_read_again_and_by_pandas(tmp_path):
    numbers = [0.1, 1 / 3, 1e-300, 1.7976931348623157e308, -0.0, 5e-324, 123456789.123456789]
    rows = [(text, value) for text in HARD_TEXTS for value in numbers]
    write_table(tmp_path / "t.csv", COLUMNS, [*rows, ("none", None)])
    _, found = read_table(tmp_path / "t.csv", COLUMNS)
    *found, last = list(found)
    assert [(row.text("video"), row.number("score").hex()) for row in found] == [(text, v.hex()) for text, v in rows]
    assert last.text("score") == ""
    frame = pd.read_csv(tmp_path / "t.csv", keep_default_na=False, na_values={"score": [""]}, dtype={"video": str})
    assert frame["score"].tolist()[:-1] == [value for _, value in rows]
    assert set(HARD_TEXTS) <= {text.replace("\n", "\r\n") for text in frame["video"]} | set(frame["video"])


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_the_same_bytes_each_time(tmp_path, name):
    for folder in ("a", "b"):
        write_table(tmp_path / folder / name, COLUMNS, [("v", 0.5)])
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert read(tmp_path / "a" / name) == [("v", "0.5")]
    assert (tmp_path / "a" / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
    assert len(list((tmp_path / "a").iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; its first line should name the columns: video, score"),
        ("\n\n", "is empty; its first line"),
        ("video\nv\n", "no column score in its first line, which has 'video'"),
        ("v,0.5\n", "no column video, score in its first line, which has 'v', '0.5'"),
        ("video;score\nv;0,5\n", "no column video, score .*separate them by commas, not by semicolons.*decimal point"),
        ("video\tscore\nv\t5\n", "not by tabs"),
        ("video,score,video\n", "the column video stands there twice"),
        ("video,score\nv,0,5\n", "line 2: 3 cells, where the first line names 2 columns; .*decimal point"),
        ("video,score\nv,1\nw\n", "line 3: 1 cells, where"),
        ('video,score\n"v,1\nw,2\n', "line 2: .*does a quote not end"),
        ('video,score\n"v"w,1\n', "line 2: "),
        (b"video,score\nv\xe9,1\n", "is not UTF-8: line 2 has a byte 0xe9"),
        ("video,score\nv,1\n".encode("utf-16"), "is not UTF-8: line 1 has a byte 0xff .UTF-16"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "damaged"),
        ("video,score\n" + "v" * 200_000 + ",1\n", "line 2: field larger than field limit"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, message):
    with pytest.raises(ValueError, match=rf"t\.csv.*{message}"):
        read(table(tmp_path, content))


@pytest.mark.parametrize(
    "text", ["0,5", "1,234.5", "1_0", "x", "", "nan", "inf", "-Infinity", "1e999", "0x10", "１", "1 2", "5s"]
)
def test_what_is_no_number_is_named_with_its_line(tmp_path, text):
    _, rows = read_table(table(tmp_path, f'video,score\n"two\nlines",1\nv,"{text}"\n'), COLUMNS)
    *_, last = rows
    with pytest.raises(TableError, match=r"t\.csv, line 4: score '?.* should be a (finite )?number"):
        last.number("score")


def test_numbers():
    assert [number(each) for each in (1, 2.5, " 1.50 ", "1e-3", ".5", "5.", "+1", "-0")] == [
        1,
        2.5,
        1.5,
        1e-3,
        0.5,
        5,
        1,
        0,
    ]
    assert number("0.1") == 0.1 and number(10**22) == 1e22
    for wrong in (True, None, [1], {}, math.nan, math.inf, 10**400, b"1", "1e400"):
        with pytest.raises(ValueError, match="should be a"):
            number(wrong)


def test_names_of_tables():
    assert [is_table(name) for name in ("a.csv", "a.CSV", "b/a.csv.gz", "a.json", "a.csv.json", "csv", "a.tsv")] == [
        *(True, True, True),
        *(False, False, False, False),
    ]


def test_rows_are_read_one_by_one(tmp_path):
    """A fault in a row is found when it is reached."""
    _, rows = read_table(table(tmp_path, "video,score\nv,1\nw\n"), COLUMNS)
    assert next(rows).number("score") == 1
    with pytest.raises(TableError, match="line 3"):
        next(rows)
