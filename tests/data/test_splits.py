import hashlib

import pytest

from react_tad.data.splits import held_out

NAMES = [f"video {number}" for number in range(1000)]


def test_it_takes_the_videos_with_the_smallest_checksums():
    largest = max(hashlib.sha256(name.encode()).hexdigest() for name in held_out(NAMES, 0.1))
    assert sum(hashlib.sha256(name.encode()).hexdigest() <= largest for name in NAMES) == 100


@pytest.mark.parametrize(("share", "count"), [(0, 0), (0.0001, 1), (0.1, 100), (0.1001, 101), (1, 1000)])
def test_a_share_is_rounded_up(share, count):
    assert len(held_out(NAMES, share)) == count


def test_order_does_not_matter_and_shares_are_nested():
    assert held_out(reversed(NAMES), 0.2) == held_out(NAMES, 0.2)
    assert held_out(NAMES, 0.1) < held_out(NAMES, 0.2)


def test_further_videos_hardly_change_the_choice():
    more = held_out([*NAMES, *(f"another {number}" for number in range(50))], 0.1)
    assert len(held_out(NAMES, 0.1) & more) >= 90


def test_no_videos():
    assert held_out([], 0.5) == frozenset()
