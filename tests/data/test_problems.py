from react_tad.data.problems import DataError, Problem


def test_the_message_shows_the_first_faults_and_counts_the_rest():
    problems = [Problem("a.h5", f"film{number}", "no features", "some") for number in range(12)]
    lines = str(DataError(problems)).splitlines()
    assert lines[0] == "a.h5: video 'film0': no features; expected some"
    assert len(lines) == 11
    assert lines[-1] == "... and 2 more; 'react-tad data check' lists all"
    assert DataError(problems).problems == problems
    assert str(DataError([Problem("a.zip", "", "not there", "a file")])) == "a.zip: not there; expected a file"
