import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.errors import SchemaDrift
from connectors.in_turn import in_turn
from tests.connectors.asking import ask_table


def test_large_answers_are_read_one_at_a_time_on_one_thread(tmp_path: Path) -> None:
    ask = ask_table(tmp_path)
    reading, most, threads = 0, 0, set()

    def work(number: int) -> int:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        threads.add(threading.get_ident())
        time.sleep(0.01)
        reading -= 1
        return number

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: in_turn(ask, lambda: work(n)), range(8)))
    assert results == list(range(8))
    assert (most, len(threads)) == (1, 1)
    assert threading.get_ident() not in threads


def test_an_answer_that_cannot_be_read_tells_its_asker_and_the_next_is_read(tmp_path: Path) -> None:
    ask = ask_table(tmp_path)

    def drifted() -> int:
        raise SchemaDrift("column gone")

    with pytest.raises(SchemaDrift, match="column gone"):
        in_turn(ask, drifted)
    assert in_turn(ask, lambda: 1) == 1
