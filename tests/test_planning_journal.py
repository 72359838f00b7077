"""Files that only grow: what was written stays, a cut line costs no other."""

from planning import journal


def test_records_come_back_in_order_with_their_time(tmp_path):
    path = tmp_path / "new" / "x.jsonl"
    written = journal.append(path, {"name": "一小", "n": 1})
    journal.append(path, {"name": "二小", "at": "2026-09-01"})
    assert journal.read(path) == [written, {"at": "2026-09-01", "name": "二小"}]
    assert journal.read(tmp_path / "none.jsonl") == []


def test_a_line_cut_by_a_crash_does_not_spoil_the_next(tmp_path):
    path = tmp_path / "x.jsonl"
    journal.append(path, {"n": 1})
    whole = path.read_bytes()
    for cut in range(1, len(whole) + 1):
        path.write_bytes(whole + whole[:cut])
        journal.append(path, {"n": 2})
        numbers = [record["n"] for record in journal.read(path)]
        assert numbers in ([1, 2], [1, 1, 2]) and numbers[-1] == 2


def test_separators_inside_a_text_do_not_end_a_line(tmp_path):
    path = tmp_path / "x.jsonl"
    text = "一\u2028二\x85三\n四"
    journal.append(path, {"text": text})
    assert journal.read(path)[0]["text"] == text
