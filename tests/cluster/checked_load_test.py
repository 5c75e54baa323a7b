"""The book of a checked load: what it lets pass and what it finds. A check that finds nothing proves nothing."""

import unittest

import case_runner
from checked_load import KeyBook
from load import ACKNOWLEDGED, IN_DOUBT, REFUSED


class Book(unittest.TestCase):
    def setUp(self):
        self.book = KeyBook()

    def put(self, code=ACKNOWLEDGED, is_delete=False):
        number = self.book.begin()
        self.book.end(number, is_delete, code)
        return number

    def delete(self, code=ACKNOWLEDGED):
        return self.put(code, is_delete=True)

    def assert_right(self, *shown, protected=True):
        self.assertEqual("", self.book.read(frozenset(shown), protected))

    def assert_wrong(self, *shown, protected=True):
        self.assertNotEqual("", self.book.read(frozenset(shown), protected))

    def test_the_last_acknowledged_value_must_be_read(self):
        self.put()
        self.put()
        self.assert_right(2)
        self.assert_wrong()
        self.assert_wrong(1)
        self.assert_wrong(1, 2)

    def test_a_value_that_nobody_wrote_is_wrong(self):
        self.put()
        self.assert_wrong(1, 7)

    def test_what_was_deleted_stays_away(self):
        self.put()
        self.delete()
        self.assert_right()
        self.assert_wrong(1)

    def test_what_was_refused_never_appears(self):
        self.put()
        self.put(REFUSED)
        self.assert_right(1)
        self.assert_wrong(2)

    def test_a_put_in_doubt_may_take_the_place_of_what_it_covers_or_not(self):
        self.put()
        self.put(IN_DOUBT)
        self.assert_right(1)
        self.assert_right(2)
        self.assert_wrong(1)

    def test_unless_a_protected_read_showed_it_a_put_in_doubt_may_vanish_again(self):
        self.put()
        self.put(IN_DOUBT)
        self.assert_right(2, protected=False)
        self.assert_right(1, protected=False)
        self.assert_right(2)
        self.assert_wrong(1, protected=False)

    def test_a_put_in_doubt_may_become_a_sibling_of_a_later_one(self):
        self.put(IN_DOUBT)
        self.put()
        self.assert_right(2)
        self.assert_right(1, 2)
        self.assert_wrong(2)

    def test_what_was_seen_and_then_covered_stays_away(self):
        self.put(IN_DOUBT)
        self.assert_right(1, protected=False)
        self.put()
        self.assert_wrong(1, 2)

    def test_what_was_seen_and_seen_no_more_is_not_covered_by_the_next_write(self):
        self.put(IN_DOUBT)
        self.assert_right(1, protected=False)
        self.assert_right(protected=False)
        self.put()
        self.assert_right(1, 2)

    def test_a_delete_in_doubt_may_have_happened_but_takes_nothing_later(self):
        self.put()
        self.delete(IN_DOUBT)
        self.assert_right(1)
        self.assert_right()
        self.assert_wrong(1)
        self.put()
        self.assert_right(3)
        self.assert_wrong()


if __name__ == "__main__":
    case_runner.main()
