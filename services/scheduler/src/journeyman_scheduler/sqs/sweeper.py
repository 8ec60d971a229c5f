"""Looking whether what stands in line has a message, now and then, so that nothing depends on SQS keeping its word.

Nobody can say which places have a message. Two signs are enough, each seen twice in a row: the head of a line has not
moved although somebody would take it; and more stands in the lines of a class than SQS says it holds. SQS's numbers are
approximate and late, and a line of low priority may stand for good reasons: so some messages come twice, and a head
that goes on standing is handed out again at ever longer intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from journeyman.aws import Calls
from journeyman.log.api import Wanted
from journeyman.log.handing import Line, Lines, Served, Standing
from journeyman.sqs.messages import CLASSES, class_of
from journeyman.sqs.queues import Queues

#: So many places at the head of a line that does not move are handed out again.
STUCK = 100
#: How many places are looked up at a time.
PAGE = 1_000
#: No more than so many are handed out again at one look.
MOST = 20_000


class Sweeper:
    """Looks after the lines of one partition."""

    def __init__(self, calls: Calls, queues: Queues, lines: Lines) -> None:
        self._calls = calls
        self._queues = queues
        self._lines = lines
        #: The head of each line at the last look, and at how many looks it stood there before that.
        self._heads: dict[Line, tuple[str, int]] = {}
        self._missing = [0] * len(CLASSES)

    def forget(self) -> None:
        """Begin anew: what was seen is no longer known to be of the last look."""
        self._heads, self._missing = {}, [0] * len(CLASSES)

    def look(self) -> Iterator[list[Wanted]]:
        """Return what to hand out again, in pages. Raises CloudError, and what the log raises."""
        served = self._lines.served()
        standing = [each for each in self._lines.standing() if not each.shut and _is_taken(each.line, served)]
        missing = [self._lacking(of_class, standing) for of_class in range(len(CLASSES))]
        lost = [min(pair) for pair in zip(self._missing, missing, strict=True)]
        before = self._heads
        self._heads, self._missing = {each.line: _seen(each, before.get(each.line)) for each in standing}, missing
        left = MOST
        for each in standing:
            of_class = class_of(each.line.priority)
            looks = self._heads[each.line][1]
            is_stuck = looks > 0 and looks & (looks - 1) == 0  # at looks 1, 2, 4, 8 and so on
            again = min(max(lost[of_class], STUCK if is_stuck else 0), each.depth, left)
            lost[of_class] -= min(lost[of_class], again)
            left -= again
            yield from pages(self._lines, each.line, again)

    def _lacking(self, of_class: int, standing: Sequence[Standing]) -> int:
        depth = sum(each.depth for each in standing if class_of(each.line.priority) == of_class)
        if depth == 0:
            return 0
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        url = self._queues.url(self._queues.names.classes[of_class])
        told = self._calls("get_queue_attributes", QueueUrl=url, AttributeNames=asked)["Attributes"]
        return max(depth - sum(int(told.get(name, 0)) for name in asked), 0)


def _seen(standing: Standing, before: tuple[str, int] | None) -> tuple[str, int]:
    return standing.head, before[1] + 1 if before is not None and before[0] == standing.head else 0


def _is_taken(line: Line, served: Iterable[Served]) -> bool:
    return any(each.takes(line.queue, line.type) for each in served)


def pages(
    lines: Lines, line: Line, count: int, of_interest: Callable[[str], bool] = lambda _: True
) -> Iterator[list[Wanted]]:
    """Return the first `count` places of a line, while others take some of them.

    None that stays in line is left out: where the last one seen was taken meanwhile, those behind it have come up, and
    the same stretch is looked at once more.
    """
    start = 0
    while count > 0:
        found = lines.places(line, start, min(PAGE, count))
        if not found:
            return
        wanted = [Wanted(line.queue, line.priority, line.type, place) for place in found if of_interest(place)]
        if wanted:
            yield wanted
        count -= len(found)
        start = lines.behind(line, found[-1]) or start
