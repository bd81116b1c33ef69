import time

from react_tad.detection.stopwatch import Stopwatch


def test_seconds_add_up_by_stage():
    watch = Stopwatch()
    for _ in range(2):
        with watch.stage("network"):
            time.sleep(0.02)
    with watch.stage("write"):
        pass
    assert list(watch.seconds) == ["network", "write"]
    assert watch.seconds["network"] >= 0.04
    assert 0 <= watch.seconds["write"] < watch.seconds["network"]


def test_waiting_is_what_is_counted():
    def slow():
        for number in range(3):
            time.sleep(0.02)
            yield number

    watch, found = Stopwatch(), []
    for number in watch.waiting("read", slow()):
        time.sleep(0.2)
        found.append(number)
    assert found == [0, 1, 2]
    assert 0.06 <= watch.seconds["read"] < 0.5


def test_a_stage_that_fails_counts_too():
    watch = Stopwatch()
    try:
        with watch.stage("read"):
            raise ValueError
    except ValueError:
        pass
    assert "read" in watch.seconds
